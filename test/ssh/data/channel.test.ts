import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { channelOn } from './channel-on.ts';

describe('what a channel sends', () => {
  test('is cut into packets and stops at the window, and goes on with each adjust', () => {
    const { channel, sent } = channelOn({ window: 5, packetBytes: 2 });
    expect(channel.feed(Buffer.from('abcdefgh'))).toBe(false);
    expect(sent).toEqual(['data ab', 'data cd', 'data e']);
    let isFed = false;
    channel.onFed = () => (isFed = true);
    channel.heardAdjust(1);
    expect([sent.at(-1), isFed]).toEqual(['data f', false]);
    channel.heardAdjust(100);
    expect([sent.at(-1), isFed]).toEqual(['data gh', true]);
  });

  test('waits while keys are exchanged, and its end comes after it', () => {
    const { channel, wire, sent } = channelOn();
    wire.isFree = false;
    channel.end('last');
    expect(sent).toEqual([]);
    wire.free();
    expect(sent).toEqual(['data last', 'eof']);
  });

  test('wakes a write to the stream as well as who feeds it directly: a SOCKS reply is written before the bytes are carried', async () => {
    const { channel, wire, sent } = channelOn();
    wire.isFree = false;
    const written = new Promise<void>((resolve) => channel.write('reply', () => resolve()));
    let fed = 0;
    expect(channel.feed(Buffer.from('data'))).toBe(false);
    channel.onFed = () => (fed += 1);
    wire.free();
    await written;
    expect(fed).toBe(1);
    channel.end();
    await once(channel, 'finish');
    expect(sent).toEqual(['data replydata', 'eof']);
  });

  test('is nothing any more once it was closed, and nobody waits for it', () => {
    const { channel, wire, sent } = channelOn();
    wire.isFree = false;
    channel.feed(Buffer.from('never'));
    let isFed = false;
    channel.onFed = () => (isFed = true);
    channel.close();
    channel.heardClose();
    wire.free();
    expect([sent, isFed]).toEqual([['close'], true]);
  });
});

describe('what a channel receives', () => {
  const bytes = Buffer.alloc(300 * 1024, 'x');

  test('is credited once it was taken, and not before', () => {
    const { channel, sent } = channelOn();
    channel.arrived(bytes);
    channel.deliver();
    expect(sent).toEqual([]);
    channel.read();
    expect(sent).toEqual([`adjust ${bytes.length}`]);
  });

  test('goes past the stream to a taker, what came before first, and counts what that one holds', () => {
    const { channel, sent } = channelOn();
    channel.arrived(Buffer.from('early'));
    channel.deliver();
    const taken: string[] = [];
    let unread = bytes.length;
    channel.takeWith({
      take: (slices) => taken.push(...slices.map((slice) => slice.toString().slice(0, 5))) > 1,
      get unread() {
        return unread;
      },
    });
    channel.arrived(bytes);
    expect(channel.deliver()).toBe(true);
    expect([taken, sent]).toEqual([['early', 'xxxxx'], []]);
    unread = 0;
    channel.credit();
    expect(sent).toEqual([`adjust ${bytes.length + 5}`]);
  });

  test('is dropped once its reader was destroyed by what it got', async () => {
    const { channel, sent } = channelOn();
    const got: string[] = [];
    channel.on('data', (chunk: Buffer) => {
      got.push(chunk.toString());
      channel.destroy();
    });
    // A stream begins to flow with the next turn only.
    await new Promise((resolve) => process.nextTick(resolve));
    for (const part of ['one', 'two', 'three']) {
      channel.arrived(Buffer.from(part));
      expect(channel.deliver()).toBe(false);
    }
    expect([got, sent]).toEqual([['one'], ['close']]);
  });

  test('is refused once it is far more than was allowed', () => {
    const { channel } = channelOn();
    const room = channel.window.size;
    channel.arrived(Buffer.alloc(room));
    expect(() => channel.arrived(Buffer.alloc(256 * 1024))).toThrow('more data than was allowed');
  });

  test('after its end closes it, and is not shown', async () => {
    const { channel, sent } = channelOn();
    const ended = once(channel.resume(), 'end');
    channel.heardEof();
    channel.arrived(Buffer.from('more'));
    expect([channel.deliver(), sent]).toEqual([false, ['close']]);
    await ended;
  });
});
