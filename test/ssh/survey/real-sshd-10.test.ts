import { beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { learnServerKeepalive } from '../../../src/ssh/recovery/keepalive/learn-server-keepalive.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import { learnForwardingRules } from '../../../src/ssh/survey/forwarding-rules.ts';
import { type OpenSsh10, openssh10 } from '../../support/openssh10.ts';
import { isRoot } from '../../support/run.ts';
import { given, logIn, makePlace } from '../recovery/steps/support.ts';

describe.runIf(isRoot)('a real sshd that can be asked by sshd -G', () => {
  let openSsh: OpenSsh10 | null = null;
  beforeAll(async () => {
    openSsh = await openssh10();
  });

  async function loggedIn({ binary, config }: OpenSsh10, more: readonly string[]): Promise<LiveLink> {
    return await logIn(await makePlace({ binary, config: [...config, ...more] }));
  }
  const about = () => ({ ...given, accounts: new AccountMemory({ clock: systemClock }) });

  test('tells its keepalive for this very connection, Match blocks and all', async ({ skip }) => {
    if (openSsh === null) return skip('it cannot be had here');
    const match = ['Match User nobody', 'ClientAliveInterval 99', 'Match User tt*', 'ClientAliveInterval 1m30s'];
    const link = await loggedIn(openSsh, ['ClientAliveInterval 15', 'ClientAliveCountMax 4', ...match]);
    expect(link.ident).toMatch(/^OpenSSH_10/);
    expect(await learnServerKeepalive(link, about())).toEqual({ intervalMs: 90_000, countMax: 4, source: 'sshd', conditional: false });
  });

  test('tells its default, of which its file says nothing', async ({ skip }) => {
    if (openSsh === null) return skip('it cannot be had here');
    const link = await loggedIn(openSsh, []);
    expect(await learnServerKeepalive(link, about())).toEqual({ intervalMs: 0, countMax: 3, source: 'sshd', conditional: false });
  });

  test('tells what may be forwarded', async ({ skip }) => {
    if (openSsh === null) return skip('it cannot be had here');
    const match = ['Match User tt*', 'PermitListen 8080 127.0.0.1:9090', 'AllowStreamLocalForwarding local'];
    const link = await loggedIn(openSsh, ['GatewayPorts clientspecified', 'AllowTcpForwarding remote', ...match]);
    expect(await learnForwardingRules(link, about())).toEqual({
      gatewayPorts: 'clientspecified',
      tcp: 'remote',
      sockets: 'local',
      disabled: false,
      // It prints a port alone for every address.
      permitListen: ['*:8080', '127.0.0.1:9090'],
      uncertain: [],
    });
  });
});
