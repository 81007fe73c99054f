import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/model/problem.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { dialTcp } from '../../../src/ssh/dial/dial-tcp.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { hasNagleOff } from '../../support/nagle.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}));
  servers.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const port = await listen('127.0.0.1');
  const server = servers.pop();
  server?.close();
  await once(server as Server, 'close');
  return port;
}

const request = { host: 'db.example', family: 'any' as const, timeoutMs: 10_000 };
const addresses =
  (...found: [string, 4 | 6][]) =>
  async () =>
    found.map(([address, family]) => ({ address, family }));
const signal = new AbortController().signal;
const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ProblemError ? error.problem.code : error;
};

describe('a dial', () => {
  test('connects with Nagle off', async () => {
    const port = await listen('127.0.0.1');
    const socket = await dialTcp({ ...request, port }, { clock: systemClock, signal, lookup: addresses(['127.0.0.1', 4]) });
    expect(socket.remotePort).toBe(port);
    expect(hasNagleOff(socket)).toBe(true);
    socket.destroy();
  });
  test('goes on to the next address when the first refuses', async () => {
    const port = await listen('127.0.0.1');
    const socket = await dialTcp(
      { ...request, port },
      { clock: systemClock, signal, lookup: addresses(['127.0.0.2', 4], ['127.0.0.1', 4]) },
    );
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
  });
  test('says refused only when every address has refused', async () => {
    const port = await freePort();
    const lookup = addresses(['127.0.0.1', 4], ['127.0.0.2', 4]);
    expect(await codeOf(dialTcp({ ...request, port }, { clock: systemClock, signal, lookup }))).toBe('connect-refused');
  });
  test('names a name that does not resolve, with the system code', async () => {
    const lookup = async () => {
      throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    };
    const work = dialTcp({ ...request, port: 1 }, { clock: systemClock, signal, lookup });
    await expect(work).rejects.toMatchObject({ problem: { code: 'dns-failed', facts: { host: 'db.example', code: 'ENOTFOUND' } } });
  });
  test('keeps to the family that was asked for also where the host is an address, as ssh does', async () => {
    const port = await listen('127.0.0.1');
    const to = (family: 'inet' | 'inet6') => dialTcp({ ...request, host: '127.0.0.1', port, family }, { clock: systemClock, signal });
    await expect(to('inet6')).rejects.toMatchObject({
      problem: { code: 'dns-failed', facts: { host: '127.0.0.1', code: 'EAI_ADDRFAMILY' } },
    });
    (await to('inet')).destroy();
  });
  test('gives up on a resolver that never answers', async () => {
    const clock = fakeClock();
    const work = codeOf(dialTcp({ ...request, port: 1 }, { clock, signal, lookup: () => new Promise(() => {}) }));
    await clock.advance(10_000);
    expect(await work).toBe('dns-failed');
  });
  test('ends at once when it is called off, and leaves nothing behind', async () => {
    const abort = new AbortController();
    const reason = new Error('called off');
    const work = dialTcp({ ...request, port: 1 }, { clock: systemClock, signal: abort.signal, lookup: () => new Promise(() => {}) });
    abort.abort(reason);
    await expect(work).rejects.toBe(reason);
  });

  test('may be reset before anybody listens to the socket, and nothing is thrown', async () => {
    const port = await listen('127.0.0.1');
    const accepted = once(servers[0] as Server, 'connection') as Promise<[Socket]>;
    const socket = await dialTcp({ ...request, host: '127.0.0.1', port }, { clock: systemClock, signal });
    (await accepted)[0].resetAndDestroy();
    await new Promise<void>((closed) => (socket.destroyed ? closed() : socket.once('close', () => closed())));
    expect(socket.errored).not.toBeNull();
  });
});
