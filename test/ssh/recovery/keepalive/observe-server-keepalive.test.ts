import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { Client } from 'ssh2';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../../../src/platform/deferred.ts';
import { systemClock } from '../../../../src/platform/clock.ts';
import { observeServerKeepalive } from '../../../../src/ssh/recovery/keepalive/observe-server-keepalive.ts';
import type { ServerKeepalive } from '../../../../src/ssh/recovery/keepalive/server-keepalive.ts';
import { onServerKeepalive, sendPing, serverVersion } from '../../../../src/ssh/session/internals.ts';
import { isRoot } from '../../../support/run.ts';
import { atEnd, makePlace } from '../steps/support.ts';

async function connected(config: readonly string[]): Promise<Client> {
  const { sshd, keyPath } = await makePlace({ config });
  const client = new Client();
  const privateKey = readFileSync(keyPath, 'utf8');
  client.connect({ host: sshd.host, port: sshd.port, username: sshd.user, privateKey, hostVerifier: () => true });
  await once(client, 'ready');
  atEnd(() => client.destroy());
  return client;
}

const observe = (client: Client, learned: (keepalive: ServerKeepalive) => void) =>
  observeServerKeepalive(
    { onServerKeepalive: (seen) => onServerKeepalive(client, seen) },
    { clock: systemClock, ident: serverVersion(client), learned },
  );

describe.runIf(isRoot)("a real sshd's keepalives", () => {
  test.each([
    ['without a session', () => Promise.resolve()],
    ['beside a session', (client: Client) => new Promise<void>((resolve) => client.exec('sleep 600', () => resolve()))],
  ])('tell its interval, %s, and are still answered', async (_, open) => {
    const client = await connected(['ClientAliveInterval 1', 'ClientAliveCountMax 1']);
    await open(client);
    const first = deferred<ServerKeepalive>();
    observe(client, first.resolve);
    expect(await first.promise).toEqual({ intervalMs: 1_000, countMax: null, source: 'observed', conditional: false });
    // Unanswered, the second would have been the end.
    await new Promise<void>((resolve) => sendPing(client, resolve));
  });

  test('tell nothing while we speak in between, and nothing more once nobody listens', async () => {
    const client = await connected(['ClientAliveInterval 1']);
    const learned: ServerKeepalive[] = [];
    const end = observe(client, (keepalive) => learned.push(keepalive));
    const three = deferred<void>();
    const seen: string[] = [];
    onServerKeepalive(client, (since) => {
      seen.push(since);
      if (seen.length === 3) three.resolve();
      else setImmediate(() => sendPing(client, () => {}));
    });
    await three.promise;
    expect([seen, learned]).toEqual([['busy', 'busy', 'busy'], []]);
    end();
  });
});
