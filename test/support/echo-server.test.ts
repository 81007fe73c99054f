import { connect } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { refusingAddress, startTarget } from './echo-server.ts';
import { tempDir } from './temp-home.ts';

describe('the targets of forwards', () => {
  test('echo over TCP and over a Unix socket', async () => {
    const path = join(tempDir(), 'target.sock');
    for (const target of [await startTarget(), await startTarget({ path })]) {
      const socket = target.port ? connect(target.port, '127.0.0.1') : connect(target.to);
      socket.end('ping');
      expect(await text(socket)).toBe('ping');
      expect([target.accepted(), target.received()]).toEqual([1, 4]);
      await target.stop();
    }
  });

  test('greet, answer after a half-close, or reset', async () => {
    const [greet, count, reset] = [
      await startTarget({ behaviour: 'greet-then-close' }),
      await startTarget({ behaviour: 'half-close' }),
      await startTarget({ behaviour: 'reset' }),
    ];
    expect(await text(connect(greet.port))).toBe('hello\n');
    const half = connect({ port: count.port, allowHalfOpen: true });
    half.end('12345');
    expect(await text(half)).toBe('got 5\n');
    const [error] = await once(connect(reset.port), 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    for (const target of [greet, count, reset]) await target.stop();
  });

  test('do not read until told so', async () => {
    const slow = await startTarget({ behaviour: 'slow-reader' });
    const socket = connect(slow.port);
    socket.end('x');
    const far = await slow.connection();
    expect(slow.received()).toBe(0);
    slow.drain();
    await once(far, 'end');
    expect(slow.received()).toBe(1);
    await slow.stop();
  });

  test('refuse where nothing listens', async () => {
    const { port } = await refusingAddress();
    const [error] = await once(connect(port, '127.0.0.1'), 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  });
});
