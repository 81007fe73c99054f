import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LOOPBACK } from '../../../src/model/address.ts';
import { ProblemError, problem } from '../../../src/model/problem.ts';
import { listenHere } from '../../../src/ssh/forwards/listen-here.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { run } from '../../support/run.ts';
import { atEnd, dial, gather, portOf, refused, service, settles, target } from './support.ts';

const any = { host: LOOPBACK, port: 0 };
async function proxy(options: Parameters<typeof service>[1] = {}, given: Parameters<typeof listenHere>[1] = {}) {
  const made = service(any, options);
  const listener = await listenHere(made, given);
  atEnd(() => listener.close(0));
  return { made, listener, address: listener.address };
}
const ask = (port: number): Buffer => Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255]);
const echo = (socket: Socket): void => void socket.pipe(socket);

describe('a SOCKS proxy', () => {
  test.each(['--socks4', '--socks4a', '--socks5', '--socks5-hostname'])('serves curl %s', async (flag) => {
    const web = createServer((_, response) => response.end('page')).listen(0, LOOPBACK);
    await once(web, 'listening');
    atEnd(() => web.close());
    const { made, address } = await proxy();
    const url = `http://localhost:${(web.address() as { port: number }).port}/`;
    const ran = await run('curl', ['-sS', '-4', flag, `127.0.0.1:${portOf(address)}`, url]);
    expect(ran).toMatchObject({ code: 0, stdout: 'page' });
    expect(made.meter).toMatchObject({ total: 1, failed: 0 });
  });

  test('loses nothing of what a hasty client sends with its request', async () => {
    const { port } = await target(echo);
    const client = await dial((await proxy()).address);
    client.end(Buffer.concat([ask(port), Buffer.from('hasty')]));
    const { data, how } = await gather(client);
    expect(how).toBe('end');
    expect([...data.subarray(0, 4)]).toEqual([5, 0, 5, 0]);
    expect(data.subarray(12).toString()).toBe('hasty');
  });

  test.each([
    ['target-refused' as const, 5],
    ['target-not-allowed' as const, 2],
  ])('answers %s with its code, then ends', async (code, reply) => {
    const reach = () => Promise.reject(new ProblemError(problem(code, { to: 't', from: 'h' })));
    const { made, address } = await proxy({ reach });
    const client = await dial(address);
    client.write(ask(80));
    const { data, how } = await gather(client);
    expect([data[3], how]).toEqual([reply, 'end']);
    expect(made.failures.map((p) => p.code)).toEqual([code]);
  });

  test('turns away what is not SOCKS and who is too slow, and asks for no target', async () => {
    const clock = fakeClock();
    const reach = () => Promise.reject(new Error('never'));
    const { made, address } = await proxy({ reach }, { clock });
    const stranger = await dial(address);
    stranger.write('GET / HTTP/1.1\r\n\r\n');
    expect((await gather(stranger)).how).toBe('reset');
    const slow = await dial(address);
    slow.write(Buffer.of(5));
    const end = gather(slow);
    await settles(() => clock.pending().length > 0, 'the handshake to begin');
    await clock.advance(10_000);
    expect((await end).how).toBe('reset');
    await settles(() => made.meter.open === 0, 'the books to close');
    expect(made.failures.map((p) => p.code === 'socks-bad-request' && p.facts.why)).toEqual(['not-socks', 'slow']);
  });

  test('ends a refused client that stays, so that none is left over at the close', async () => {
    const reach = () => Promise.reject(new ProblemError(problem('target-refused', { to: 't', from: 'h' })));
    const { made, listener, address } = await proxy({ reach });
    const client = await dial(address);
    client.write(ask(80));
    await once(client, 'readable');
    await listener.close(60_000);
    expect(await refused(address)).toBe(true);
    expect(made.meter).toMatchObject({ open: 0, failed: 1 });
  });
});
