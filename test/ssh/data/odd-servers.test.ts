import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Batches } from '../../../src/ssh/data/batches.ts';
import { type DataShared, sharedData } from '../../../src/ssh/data/data-shared.ts';
import { WINDOW_LIMITS } from '../../../src/model/data-settings.ts';
import type { LiveLink } from '../../../src/ssh/session/live-link.ts';
import { atEnd } from '../forwards/support.ts';
import { dial } from '../session/dial.ts';
import { type Asked, oddServer, type Peer } from './odd-server.ts';

const SOMEWHERE = { host: '127.0.0.1', port: 7 };
const sharedNow = (): DataShared => sharedData(WINDOW_LIMITS, new Batches());

async function linkTo(data: DataShared | null, onOpen: (peer: Peer, asked: Asked) => void): Promise<LiveLink> {
  const link = await dial(await oddServer(onOpen), { data });
  atEnd(() => link.close(200));
  return link;
}

/** The first channel does what the test says, and each later one is an echo that shows whether the link lives. */
function firstThenEchoes(first: (peer: Peer, asked: Asked) => void): (peer: Peer, asked: Asked) => void {
  let opened = 0;
  return (peer, asked) => (opened++ === 0 ? first(peer, asked) : peer.echo(asked));
}

async function echoes(link: LiveLink): Promise<boolean> {
  const channel = await link.openRaw(SOMEWHERE);
  channel.end('still here');
  return (await whole(channel)).toString() === 'still here';
}

async function whole(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks);
}

describe.each([
  ['the data path', sharedNow],
  ['the channels of ssh2', () => null],
])('%s', (_, data) => {
  test('keeps to a window of 1 KB and packets of 100 bytes, and loses nothing', async () => {
    const sent = randomBytes(200_000);
    const got: Buffer[] = [];
    let allowed = 1024;
    const over: number[] = [];
    const link = await linkTo(data(), (peer, asked) => {
      const take = (bytes: Buffer): void => {
        got.push(Buffer.from(bytes));
        allowed -= bytes.length;
        if (bytes.length > 100 || allowed < 0) over.push(bytes.length);
        if (allowed > 0) return;
        allowed += 1024;
        peer.adjust(asked.id, 1024);
      };
      const heard = { data: take, eof: () => peer.eof(asked.id), close: () => peer.close(asked.id) };
      peer.confirm(asked, { window: 1024, packetBytes: 100, heard });
    });
    const channel = await link.openRaw(SOMEWHERE);
    channel.end(sent);
    await whole(channel);
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(over).toEqual([]);
  });

  test('takes CLOSE without EOF for an end, after all that came before it', async () => {
    const sent = randomBytes(100_000);
    const link = await linkTo(
      data(),
      firstThenEchoes((peer, asked) => {
        peer.confirm(asked);
        for (let at = 0; at < sent.length; at += 25_000) peer.data(asked.id, sent.subarray(at, at + 25_000));
        peer.close(asked.id);
      }),
    );
    const channel = await link.openRaw(SOMEWHERE);
    const closed = once(channel, 'close');
    expect((await whole(channel)).equals(sent)).toBe(true);
    await closed;
    expect(await echoes(link)).toBe(true);
  });

  test('breaks a channel on which data follows its end, and that one alone', async () => {
    const link = await linkTo(
      data(),
      firstThenEchoes((peer, asked) => {
        peer.confirm(asked, { heard: { close: () => peer.close(asked.id) } });
        peer.data(asked.id, Buffer.from('before'));
        peer.eof(asked.id);
        peer.data(asked.id, Buffer.from('after'));
      }),
    );
    const channel = await link.openRaw(SOMEWHERE);
    const got: Buffer[] = [];
    channel.on('data', (chunk: Buffer) => got.push(chunk));
    await once(channel, 'close');
    expect(Buffer.concat(got).toString()).toBe('before');
    expect(await echoes(link)).toBe(true);
  });

  test('ignores what is said of channels that are not there', async () => {
    const link = await linkTo(data(), (peer, asked) => {
      for (const id of [77, 2 ** 24 + 5_000]) {
        peer.data(id, Buffer.from('nobody'));
        peer.adjust(id, 1);
        peer.eof(id);
        peer.close(id);
        peer.say(91, id, 1, 1024, 1024);
        peer.say(92, id, 1, 0, 0);
        peer.say(99, id);
        peer.say(100, id);
      }
      peer.echo(asked);
    });
    expect(await echoes(link)).toBe(true);
    expect(await echoes(link)).toBe(true);
  });

  test('takes window adjusts without end and without sense', async () => {
    const link = await linkTo(data(), (peer, asked) => {
      peer.echo(asked);
      for (let round = 0; round < 5_000; round++) peer.adjust(asked.id, round % 2 === 0 ? 0 : 2 ** 32 - 1);
    });
    expect(await echoes(link)).toBe(true);
  });

  test('takes thousands of packets of one byte and of none, in order', async () => {
    const sent = randomBytes(5_000);
    const link = await linkTo(data(), (peer, asked) => {
      peer.confirm(asked);
      for (const byte of sent) {
        peer.data(asked.id, Buffer.of(byte));
        peer.data(asked.id, Buffer.alloc(0));
      }
      peer.eof(asked.id);
    });
    expect((await whole(await link.openRaw(SOMEWHERE))).equals(sent)).toBe(true);
  });

  test('rejects a channel that is refused or closed in place of an answer, and uses its number again', async () => {
    let opened = 0;
    const link = await linkTo(data(), (peer, asked) => {
      opened += 1;
      if (opened === 1) peer.say(92, asked.id, 2, 0, 0);
      else if (opened === 2) peer.close(asked.id);
      else peer.echo(asked);
    });
    await expect(link.openRaw(SOMEWHERE)).rejects.toMatchObject({ reason: 2 });
    await expect(link.openRaw(SOMEWHERE)).rejects.toMatchObject({ reason: null });
    expect(await echoes(link)).toBe(true);
  });
});

describe('a server that breaks the rules', () => {
  test.each<[string, (peer: Peer, asked: Asked) => void]>([
    ['sends far more than it may', (peer, { id }) => flood(peer, id)],
    ['says that data is longer than its packet', (peer, { id }) => peer.say(94, id, 500, Buffer.alloc(499))],
    ['sends data without its length', (peer, { id }) => peer.say(94, id)],
    ['sends an adjust without its number', (peer, { id }) => peer.say(93, id)],
  ])('loses its link where it %s, and every window is given back', async (_, break_) => {
    const data = sharedNow();
    const link = await linkTo(data, (peer, asked) => {
      peer.confirm(asked);
      break_(peer, asked);
    });
    // Nobody takes anything, so what arrives beyond the window has no place. The link may be lost before its answer is told.
    await link.openRaw(SOMEWHERE).catch(() => {});
    expect(await link.lost).toMatchObject({ code: 'link-garbled' });
    expect(data.budget.used).toBe(0);
  });

  test('loses its link where it confirms without its terms, and the window is given back', async () => {
    const data = sharedNow();
    const link = await linkTo(data, (peer, { id }) => peer.say(91, id, 1));
    await expect(link.openRaw(SOMEWHERE)).rejects.toMatchObject({ problem: { code: 'link-garbled' } });
    expect(data.budget.used).toBe(0);
  });
});

function flood(peer: Peer, id: number): void {
  for (let sent = 0; sent < 4 * 1024 * 1024; sent += 32_000) peer.data(id, Buffer.alloc(32_000));
}
