import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import ssh2 from 'ssh2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectExtended } from '../../../src/ssh/extensions/connect.ts';
import { exchangeKeysAnew } from '../../../src/ssh/extensions/key-exchange.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';

let sshd: Sshd;
let key: Key;
beforeAll(async () => {
  [sshd, key] = await Promise.all([startSshd(), makeKey(tempDir())]);
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

type Kept = { readonly sessionID: Buffer };
type Inside = { readonly _protocol: { readonly _kex: Kept; readonly _handlers: Record<string, unknown>; readonly _decipher: object } };

async function session(method: string) {
  const sock = connect(sshd.port, sshd.host);
  const client = new ssh2.Client();
  const algorithms = { kex: [method], serverHostKey: ['ssh-ed25519'], cipher: ['aes256-gcm@openssh.com'], hmac: [], compress: ['none'] };
  const given = { username: sshd.user, privateKey: readFileSync(key.path), hostVerifier: () => true, algorithms };
  const { theirs } = connectExtended(client, { sock, ...given });
  await once(client, 'handshake');
  const offered = theirs();
  await once(client, 'ready');
  return { client, inside: (client as unknown as Inside)._protocol, offered, theirs };
}

const buffersIn = (parts: object): Buffer[] => Object.values(parts).filter((part) => Buffer.isBuffer(part));

test.each(['curve25519-sha256', 'sntrup761x25519-sha512@openssh.com'])(
  'of %s only what is used later stays, and so again after the next one, of the same session',
  async (method) => {
    const { client, inside } = await session(method);
    const first = inside._kex;
    expect(Object.keys(first).toSorted()).toEqual(['negotiated', 'remoteExtInfoEnabled', 'sessionID']);
    for (const time of [1, 2]) {
      exchangeKeysAnew(client);
      await once(client, 'handshake');
      // It forgets in a microtask of the same turn.
      await new Promise((resolve) => setImmediate(resolve));
      expect(inside._kex, String(time)).not.toBe(first);
      expect(Object.keys(inside._kex).toSorted()).toEqual(Object.keys(first).toSorted());
      expect(inside._kex.sessionID).toEqual(first.sessionID);
    }
    client.end();
  },
);

test('no part of a cipher is a slice of memory that others are in too', async () => {
  const { client, inside } = await session('curve25519-sha256');
  const parts = buffersIn(inside._decipher);
  expect(parts).not.toEqual([]);
  for (const part of parts) expect(part.buffer.byteLength).toBe(part.length);
  client.end();
});

test('once the login is done nobody hears its messages, nor is the offer of the server kept', async () => {
  const { client, inside, offered, theirs } = await session('curve25519-sha256');
  expect(offered?.hostKey).toContain('ssh-ed25519');
  expect(theirs()).toBe(null);
  expect(inside._handlers).toMatchObject({ USERAUTH_FAILURE: undefined, USERAUTH_SUCCESS: undefined, EXT_INFO: undefined });
  expect(inside._handlers['GLOBAL_REQUEST']).toBeTypeOf('function');
  client.end();
});
