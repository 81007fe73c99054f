import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import type { ChannelWire } from '../../../src/ssh/data/channel-parts.ts';
import { DataChannel } from '../../../src/ssh/data/channel.ts';
import { SizedWindow } from '../../../src/ssh/data/sized-window.ts';
import { WindowBudget } from '../../../src/ssh/data/window-budget.ts';
import { carry } from '../../../src/ssh/forwards/carry.ts';
import { settles, target } from './support.ts';

const MIB = 1024 * 1024;
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A channel whose server is this test. */
function channelWithCredit() {
  const credit = { given: 0 };
  const wire: ChannelWire = {
    isFree: true,
    await() {},
    data() {},
    eof() {},
    close() {},
    adjust: (_, bytes) => void (credit.given += bytes),
    flushIfWorthIt() {},
  } as Partial<ChannelWire> as ChannelWire;
  const window = new SizedWindow({ budget: new WindowBudget(64 * MIB), most: 2 * MIB, now: () => 0, rttMs: () => 1 });
  return { channel: new DataChannel(1, { remoteId: 1, window: 0, packetBytes: 32_768 }, { wire, window }), credit };
}

describe('what comes a byte at a time for a reader who has stopped', () => {
  test('is kept in few pieces, is allowed no more than the window, and arrives whole once it is read', async () => {
    const { port, sockets } = await target((socket) => void socket.pause());
    const to = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(to, 'connect');
    await settles(() => sockets.size === 1, 'the reader to be there');
    const { channel, credit } = channelWithCredit();
    let counted = 0;
    carry(channel, to, (count) => (counted += count));
    channel.on('end', () => to.end());
    const bytes: Buffer[] = [];
    const arrive = (chunk: Buffer): void => {
      bytes.push(chunk);
      channel.arrived(Buffer.from(chunk));
      channel.deliver();
    };
    // What the system takes for a reader who has stopped.
    while (!to.writableNeedDrain) {
      while (!to.writableNeedDrain) arrive(randomBytes(64 * 1024));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = credit.given;
    const write = vi.spyOn(to, 'write');
    const single = randomBytes(300_000);
    for (const byte of single) arrive(Buffer.of(byte));
    expect(write.mock.calls.length).toBeLessThanOrEqual(10);
    expect(credit.given - before).toBeLessThanOrEqual(channel.window.size);

    const [reader] = [...sockets];
    const read = buffer(reader!);
    channel.heardEof();
    expect(sha(await read)).toBe(sha(Buffer.concat(bytes)));
    expect(counted).toBe(bytes.reduce((sum, { length }) => sum + length, 0));
    to.destroy();
  });
});
