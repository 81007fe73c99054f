import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { CutStream } from './cut-stream.ts';
import { type Target, startTarget } from './echo-server.ts';

const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) await target.stop();
});

async function pair(): Promise<{ stream: CutStream; far: Socket; target: Target }> {
  const target = await startTarget({ behaviour: 'silent' });
  targets.push(target);
  const stream = new CutStream(connect(target.port, '127.0.0.1'));
  return { stream, far: await target.connection(), target };
}

describe('a stream with faults', () => {
  test('passes data and half-close through in both directions', async () => {
    const { stream, far } = await pair();
    // Not `text(far)`: an async iterator destroys its stream at the end, and with it the other direction.
    const up = once(far, 'end');
    far.once('data', (chunk) => expect(String(chunk)).toBe('up'));
    stream.end('up');
    await up;
    far.end('down');
    expect(await text(stream)).toBe('down');
    expect(stream.bytes).toEqual({ sent: 2, received: 4 });
  });

  test('cuts at the exact byte that was received', async () => {
    const { stream, far } = await pair();
    const got: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => got.push(chunk));
    stream.cutAfter(3);
    far.write('abcdef');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(Buffer.concat(got).toString()).toBe('abc');
  });

  test('cuts at the exact byte that was sent', async () => {
    const { stream, far } = await pair();
    stream.on('error', () => {});
    stream.cutAfter(3, 'sent');
    stream.write('abcdef');
    expect(await text(far).catch(() => 'reset')).toBe('abc');
  });

  test('holds what passes while stalled and loses nothing', async () => {
    const { stream, far } = await pair();
    stream.stall();
    stream.write('held');
    far.write('too');
    expect(stream.bytes).toEqual({ sent: 0, received: 0 });
    stream.release();
    expect(String((await once(far, 'data'))[0])).toBe('held');
    expect(String((await once(stream, 'data'))[0])).toBe('too');
  });

  test('takes data and loses it in a black hole, and nobody is told', async () => {
    const { stream, far, target } = await pair();
    stream.blackHole();
    await new Promise<void>((resolve) => stream.write('lost', () => resolve()));
    far.destroy();
    await once(far, 'close');
    expect(target.received()).toBe(0);
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });
});
