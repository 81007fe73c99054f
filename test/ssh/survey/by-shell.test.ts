import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { ownEphemeralPorts } from '../../../src/platform/ports.ts';
import { AccountMemory } from '../../../src/ssh/remote/account-memory.ts';
import type { Remote } from '../../../src/ssh/remote/types.ts';
import { ChannelRefused } from '../../../src/ssh/session/open-channel.ts';
import { learnEphemeralPorts } from '../../../src/ssh/survey/ephemeral-ports.ts';
import { learnForwardingRules } from '../../../src/ssh/survey/forwarding-rules.ts';
import { listensOnSocket } from '../../../src/ssh/survey/socket-listener.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from '../../ssh/identity/hop.ts';
import { localRemote } from '../remote/local-remote.ts';

const given = () => ({ clock: systemClock, signal: new AbortController().signal, accounts: new AccountMemory({ clock: systemClock }) });

/** A Remote of this machine, in whose PATH a program stands for sshd. */
function withSshd(program: string, { ident = 'OpenSSH_10.0p1' } = {}): { remote: Remote; commands: readonly string[] } {
  const folder = tempDir();
  writeFileSync(join(folder, 'sshd'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
  const local = localRemote({ env: { PATH: `${folder}:/usr/bin:/bin`, SSH_CONNECTION: '10.0.0.2 53044 10.0.0.1 22' } });
  const none = () => Promise.reject(new ChannelRefused(null));
  const said = { all: [], mark: () => 0, since: () => [] };
  const rest = { hop: aHop(), hostKey: 'SHA256:x', ident, said, sftp: none, openRaw: none, tryListen: none, ping: () => Promise.resolve() };
  return { remote: { ...local, ...rest }, commands: local.commands };
}

describe('what the shell of an account shows of its server', () => {
  test('are the rules for this very connection, in the words of sshd -G', async () => {
    const { remote } = withSshd(
      `case "$*" in '-G -T -f /etc/ssh/sshd_config -C '*user=*addr=10.0.0.2*lport=22*)
        printf 'port 22\\ngatewayports clientspecified\\nallowtcpforwarding remote\\nallowstreamlocalforwarding no\\ndisableforwarding no\\npermitlisten 8080 127.0.0.1:9090\\n' ;;
      *) exit 1 ;; esac`,
    );
    expect(await learnForwardingRules(remote, given())).toEqual({
      gatewayPorts: 'clientspecified',
      tcp: 'remote',
      sockets: 'no',
      disabled: false,
      permitListen: ['8080', '127.0.0.1:9090'],
      uncertain: [],
    });
  });

  test('are no rules of a server that is not OpenSSH, which is not even asked', async () => {
    const { remote, commands } = withSshd('exit 1', { ident: 'dropbear_2022.83' });
    expect(await learnForwardingRules(remote, given())).toBeNull();
    expect(commands).toEqual([]);
  });

  test.runIf(process.platform === 'linux')('is the range of its own connections', async () => {
    expect(await learnEphemeralPorts(withSshd('exit 1').remote, given())).toEqual(await ownEphemeralPorts());
  });

  test.runIf(process.platform === 'linux')('is whether somebody listens on a socket, whatever its name', async () => {
    const { remote } = withSshd('exit 1');
    const path = join(tempDir(), "a 'b'.*$(id).sock");
    const server = createServer().listen(path);
    await once(server, 'listening');
    expect(await listensOnSocket(remote, path, given())).toBe(true);
    expect(await listensOnSocket(remote, path.replace('.sock', '.soc'), given())).toBe(false);
    server.close();
    await once(server, 'close');
    expect(await listensOnSocket(remote, path, given())).toBe(false);
  });
});
