import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { Client, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LOOPBACK } from '../../../src/model/address.ts';
import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import { Batches } from '../../../src/ssh/data/batches.ts';
import { DataChannel } from '../../../src/ssh/data/channel.ts';
import { sharedData } from '../../../src/ssh/data/data-shared.ts';
import type { Remark } from '../../../src/ssh/remark.ts';
import { type Channels, channelsOf } from '../../../src/ssh/session/channels.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { atEnd, target } from '../forwards/support.ts';

let sshd: Sshd;
let key: Key;
beforeAll(async () => {
  [sshd, key] = await Promise.all([startSshd({ config: ['Compression yes'] }), makeKey(tempDir())]);
  sshd.authorize(key.publicLine);
});
afterAll(() => sshd.stop());

type Inner = { _protocol: Record<string, unknown> & { readonly _cipher: object } };

/** A session whose inside was changed by `plant` just before its channels are chosen, as if ssh2 had come so. */
async function channelsAfter(plant: (inner: Inner) => void, algorithms: ConnectConfig['algorithms'] = {}) {
  const client = new Client().on('error', () => {});
  atEnd(() => client.destroy());
  client.connect({ host: sshd.host, port: sshd.port, username: sshd.user, privateKey: readFileSync(key.path), algorithms });
  await once(client, 'ready');
  plant(client as unknown as Inner);
  const remarks: Remark[] = [];
  const stream = (client as unknown as { readonly _sock: Duplex })._sock;
  const data = sharedData(WINDOW_LIMITS, new Batches());
  return { channels: channelsOf({ client, stream, data, rttMs: () => null, onRemark: (remark) => remarks.push(remark) }), remarks };
}

async function echo(channels: Channels): Promise<{ readonly came: string; readonly isOurs: boolean }> {
  const { port } = await target((socket) => void socket.pipe(socket));
  const channel = await channels.open({ host: LOOPBACK, port }, null);
  channel.end('there and back');
  const came: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => came.push(chunk));
  await once(channel, 'end');
  return { came: Buffer.concat(came).toString(), isOurs: channel instanceof DataChannel };
}

const nothing = (): void => {};

describe('the channels of a session', () => {
  test('are ours where ssh2 is the one we know, and nothing is said of it', async () => {
    const { channels, remarks } = await channelsAfter(nothing);
    expect(await echo(channels)).toEqual({ came: 'there and back', isOurs: true });
    expect([channels.usage.path, remarks]).toEqual(['own', []]);
  });

  test.each<[string, (inner: Inner) => void, string]>([
    [
      'has no way to refuse a channel',
      ({ _protocol }) => void Object.assign(_protocol, { channelOpenFail: 0 }),
      'channelOpenFail as function',
    ],
    [
      'counts its packets elsewhere',
      ({ _protocol: { _cipher } }) => void Object.assign(_cipher, { outSeqno: '7' }),
      '_cipher.outSeqno as number',
    ],
    [
      'names its payload handler otherwise',
      ({ _protocol }) => void Object.assign(_protocol, { _onPayload: null }),
      '_onPayload as function',
    ],
  ])('are those of ssh2 where it %s, which is said once, and nothing in it was changed', async (_, plant, why) => {
    const seen: { inner?: Inner; write?: unknown } = {};
    const { channels, remarks } = await channelsAfter((inner) => {
      plant(inner);
      Object.assign(seen, { inner, write: inner._protocol['_onWrite'] });
    });
    expect(remarks).toMatchObject([{ is: 'plain-data-path', why: expect.stringContaining(why) as unknown }]);
    expect(channels.usage.path).toBe('ssh2');
    expect(seen.inner?._protocol['_onWrite']).toBe(seen.write);
  });

  test('are those of ssh2 where the bytes are compressed, and work', async () => {
    const { channels, remarks } = await channelsAfter(nothing, { compress: ['zlib@openssh.com'] });
    expect(await echo(channels)).toEqual({ came: 'there and back', isOurs: false });
    expect(remarks).toEqual([{ is: 'plain-data-path', why: 'compression' }]);
  });

  test('stay ours where ssh2 has to open the packets, as their cipher is not one that we open', async () => {
    const { channels, remarks } = await channelsAfter(nothing, { cipher: ['aes128-ctr'], hmac: ['hmac-sha2-256'] });
    expect(await echo(channels)).toEqual({ came: 'there and back', isOurs: true });
    expect([channels.usage.path, remarks]).toEqual(['own-channels', []]);
  });

  test('stay ours where ssh2 has to make the packets, as their cipher is not one that we make', async () => {
    const { channels, remarks } = await channelsAfter(({ _protocol: { _cipher } }) => {
      Object.setPrototypeOf(_cipher, class AnotherCipher extends (_cipher.constructor as new () => object) {}.prototype as object);
    });
    expect(await echo(channels)).toEqual({ came: 'there and back', isOurs: true });
    expect([channels.usage.path, remarks]).toEqual(['own-channels', []]);
  });
});
