import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/platform/clock.ts';
import { dialTcp } from '../../../src/ssh/dial/dial-tcp.ts';
import type { From } from '../../../src/ssh/dial/source-address.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function listen(host: string): Promise<{ port: number; from: Promise<string> }> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  ends.push(() => server.close());
  const from = once(server, 'connection').then(([socket]) => {
    ends.push(() => socket.destroy());
    return socket.remoteAddress as string;
  });
  return { port: (server.address() as AddressInfo).port, from };
}

async function dial(port: number, from: From, addresses: readonly [string, 4 | 6][] = [['127.0.0.1', 4]]): Promise<void> {
  const lookup = async () => addresses.map(([address, family]) => ({ address, family }));
  const request = { host: 'h', port, family: 'any', timeoutMs: 5_000, from } as const;
  const socket = await dialTcp(request, { clock: systemClock, signal: new AbortController().signal, lookup });
  ends.push(() => socket.destroy());
}

const loopback = Object.entries(networkInterfaces()).find(([, all]) => all?.some(({ address }) => address === '127.0.0.1'))?.[0] ?? 'lo';

describe('a connection', () => {
  test('begins at BindAddress, which may be a name', async () => {
    const server = await listen('127.0.0.1');
    await dial(server.port, { setting: 'BindAddress', value: '127.0.0.5' });
    expect(await server.from).toBe('127.0.0.5');
    const another = await listen('127.0.0.1');
    await dial(another.port, { setting: 'BindAddress', value: 'localhost' });
    expect(await another.from).toBe('127.0.0.1');
  });

  test('begins at the address of BindInterface', async () => {
    const server = await listen('127.0.0.1');
    await dial(server.port, { setting: 'BindInterface', value: loopback });
    expect(await server.from).toBe('127.0.0.1');
  });

  test('goes to the addresses that are of a family with the one it begins at', async () => {
    const server = await listen('127.0.0.1');
    await dial(server.port, { setting: 'BindAddress', value: '127.0.0.1' }, [
      ['::1', 6],
      ['127.0.0.1', 4],
    ]);
    expect(await server.from).toBe('127.0.0.1');
  });

  test.each<[From, string]>([
    [{ setting: 'BindAddress', value: '192.0.2.9' }, 'EADDRNOTAVAIL'],
    [{ setting: 'BindAddress', value: '::1' }, 'EADDRNOTAVAIL'],
    [{ setting: 'BindAddress', value: 'no.such.name.invalid' }, 'EADDRNOTAVAIL'],
    [{ setting: 'BindInterface', value: 'nosuch0' }, 'EADDRNOTAVAIL'],
  ])('is not made from elsewhere where there is no %j, and goes on being tried', async (from, code) => {
    const server = await listen('127.0.0.1');
    await expect(dial(server.port, from)).rejects.toMatchObject({
      problem: { code: 'local-address-missing', facts: { host: 'h', ...from, code } },
    });
  });
});
