import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type Client } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnknownSsh2 } from '../../../src/ssh/extensions/guard.ts';
import { extendPublicKeyAuth, toSsh2Key } from '../../../src/ssh/extensions/public-key-auth.ts';
import type { LoginKey, Signer, SignTrouble } from '../../../src/ssh/identity/keys/login-key.ts';
import { SigningFailed } from '../../../src/ssh/identity/keys/login-key.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';

const dir = tempDir();
let key: Key;
let server: ssh2.Server;
const asked: string[] = [];
const connections: ssh2.Connection[] = [];
beforeAll(async () => {
  key = await makeKey(dir, { name: 'host' });
  server = new ssh2.Server({ hostKeys: [readFileSync(key.path)] }, (client) => {
    connections.push(client);
    client.on('error', () => {});
    client.on('authentication', (login) => {
      if (login.method !== 'publickey') return login.reject(['publickey']);
      asked.push(`${login.key.algo}${login.signature ? ' signed' : ''}`);
      return login.signature ? login.reject(['publickey']) : login.accept();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

type Tried = { readonly key: LoginKey; readonly troubles: SignTrouble[] };

function aKey(algorithms: readonly string[], sign: Signer): Tried {
  const troubles: SignTrouble[] = [];
  const blob = Buffer.from(key.publicLine.split(' ')[1] ?? '', 'base64');
  return { troubles, key: { blob, algorithms, sign, onFailure: (why) => troubles.push(why) } };
}

/** Offers the keys in turn, and gives what ssh2 said of errors until the connection was over. */
async function offer(tried: readonly Tried[]): Promise<string[]> {
  const client = new ssh2.Client();
  const levels: string[] = [];
  const left = tried.map((one) => toSsh2Key(one.key));
  client.on('error', (error: Error & { level?: string }) => levels.push(error.level ?? error.name));
  const { port } = server.address() as AddressInfo;
  client.connect({
    host: '127.0.0.1',
    port,
    hostVerifier: () => true,
    username: 'ann',
    authHandler: (_left, _partial, next) => {
      const one = left.shift();
      next(one === undefined ? (false as never) : { type: 'publickey', username: 'ann', key: one });
    },
  });
  extendPublicKeyAuth(client);
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  return levels;
}

describe('a login with keys that others hold', () => {
  test('goes on with the next key where the holder does not sign, and where there is no common algorithm', async () => {
    const refuses = aKey(['ssh-ed25519'], () => Promise.reject(new SigningFailed('agent-silent')));
    const throws = aKey(['ssh-ed25519'], () => Promise.reject(new Error('defect')));
    // What ssh2's server says of itself lacks this one, by a slip.
    const foreign = aKey(['rsa-sha2-512'], async () => Buffer.alloc(1));
    const signs = aKey(['ssh-ed25519'], async () => Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x01x', 'latin1'));
    const levels = await offer([refuses, throws, foreign, signs]);
    expect([refuses, throws, foreign, signs].map(({ troubles }) => troubles)).toEqual([
      ['agent-silent'],
      ['bad-signature'],
      ['no-common-algorithm'],
      [],
    ]);
    expect(asked).toEqual(['ssh-ed25519', 'ssh-ed25519', 'ssh-ed25519', 'ssh-ed25519 signed']);
    expect(levels).toEqual(['client-authentication']);
  });

  test('sends nothing and tells nothing when the connection ended while its holder was asked', async () => {
    const aborted: boolean[] = [];
    const slow = aKey(['ssh-ed25519'], async (_data, { signal }) => {
      for (const one of connections) one.end();
      await once(signal, 'abort');
      aborted.push(signal.aborted);
      return Buffer.alloc(1);
    });
    await offer([slow]);
    expect(aborted).toEqual([true]);
    expect(slow.troubles).toEqual([]);
  });

  test('is refused loudly by an ssh2 that is built in another way', () => {
    for (const client of [{}, { _protocol: {} }, { _protocol: { authPK: () => {}, _authsQueue: [], _packetRW: {}, _handlers: {} } }]) {
      expect(() => extendPublicKeyAuth(client as unknown as Client)).toThrow(UnknownSsh2);
    }
  });
});
