import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HopSnapshot, Memory } from '../../src/model/snapshot.ts';
import { startTarget, type Target } from '../support/echo-server.ts';
import { type Flood, startFlood, stoppedReaders } from '../support/flood.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { snapshot, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
const LEAST_WINDOW = 64 * 1024;
const FIRST_WINDOW = 2 * MIB;
const READERS = 20;
/** Heap, buffers of the reads, and what the allocator keeps: apart from windows nothing may depend on how many do not read. */
const CONSTANT = 32 * MIB;
/** What may wait to be sent: of one connection through the tunnel, and of what carries it, a packet more than is aimed at. */
const MOST_READ = 128 * 1024;
const MOST_QUEUED = 512 * 1024;

describe.runIf(isRoot)('the memory that bytes take', () => {
  const parts = {} as { lab: Lab; flood: Flood; echo: Target; sink: Target; floods: number; echoes: number; sinks: number };
  const memory = async (): Promise<Memory> => (await snapshot(parts.lab.cli)).supervisor!.memory!;
  const hop = async (): Promise<NonNullable<HopSnapshot['data']>> => (await snapshot(parts.lab.cli)).tunnels[0]!.hops[0]!.data!;
  const up = async (limits: Readonly<Record<string, string>>): Promise<void> => {
    const { cli } = parts.lab;
    for (const [key, value] of Object.entries(limits)) expect((await cli.run(['config', 'set', key, value])).code).toBe(0);
    await cli.run(['supervisor', 'restart']);
    const ran = await cli.run(['up', 'bulk']);
    expect(ran.code, ran.stderr).toBe(0);
  };
  const echoed = async (text: string | Buffer): Promise<Buffer> => {
    const socket = connect({ port: parts.echoes, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(text);
    return await buffer(socket);
  };
  /** No more is taken from those who send. */
  const still = async (count: () => number, what: string): Promise<void> => {
    const seen = { count: -1 };
    const isStill = (): boolean => {
      const before = seen.count;
      seen.count = count();
      return seen.count === before && before > 0;
    };
    await until(isStill, { what: `${what} to stand still`, everyMs: 500 });
  };
  const stalled = (): Promise<void> => still(parts.flood.written, 'the sources');
  const dial = async (port: number): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const closeAll = async (sockets: readonly Socket[]): Promise<void> => {
    // A mere end would be a half-close, which waits for the other half.
    for (const socket of sockets) socket.resetAndDestroy();
    await until(async () => (await hop()).channels === 0, { what: 'the channels to close' });
  };

  beforeAll(async () => {
    const [lab, flood, echo, sink] = await Promise.all([makeLab(), startFlood(), startTarget(), startTarget({ behaviour: 'slow-reader' })]);
    const [floods, echoes, sinks] = await Promise.all([freePort(), freePort(), freePort()]);
    Object.assign(parts, { lab, flood, echo, sink, floods, echoes, sinks });
    const forwards = [
      `{ name: flood, local: ${floods}, to: "${flood.to}" }`,
      `{ name: echo, local: ${echoes}, to: "${echo.to}" }`,
      `{ name: sink, local: ${sinks}, to: "${sink.to}" }`,
    ];
    lab.profile('bulk', forwards, { hops: lab.oneHop });
  });

  afterAll(async () => {
    await Promise.all([parts.flood.stop(), parts.echo.stop(), parts.sink.stop()]);
    await parts.lab.dispose();
  });

  test('is at most a window for each reader that stops, within the limit of the connection, and holds up nobody else', async () => {
    await up({ 'memory.channel': '4 MiB', 'memory.link': '16 MiB', 'memory.supervisor': '32 MiB' });
    expect((await echoed('warm')).toString()).toBe('warm');
    const before = await memory();
    expect(before).toMatchObject({ windows: 0, limits: { channel: 4 * MIB, link: 16 * MIB, supervisor: 32 * MIB } });

    const readers = await stoppedReaders(parts.floods, READERS);
    await until(async () => (await hop()).channels === READERS, { what: 'all channels to be open' });
    await stalled();
    const [during, held] = [await memory(), await hop()];
    expect(held).toMatchObject({ channels: READERS, windows: during.windows });
    expect(held.windows).toBeLessThanOrEqual(16 * MIB + READERS * LEAST_WINDOW);
    expect(during.resident - before.resident).toBeLessThan(held.windows + CONSTANT);
    const big = Buffer.alloc(8 * MIB, 'other ');
    expect((await echoed(big)).equals(big)).toBe(true);

    await closeAll(readers);
    expect((await memory()).windows).toBe(0);
  });

  test('that is to be sent is at most a read for each connection whose server takes no more, and all of it arrives', async () => {
    const chunk = Buffer.alloc(MIB, 'up ');
    const before = await memory();
    const writers = await Promise.all(Array.from({ length: READERS }, () => dial(parts.sinks)));
    for (const socket of writers) for (let sent = 0; sent < 8; sent += 1) socket.write(chunk);
    const taken = (): number => writers.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0);
    await still(taken, 'the writers');
    const during = await memory();
    expect(during.queued).toBeGreaterThan(0);
    expect(during.queued).toBeLessThanOrEqual(READERS * MOST_READ + MOST_QUEUED);
    expect(during.resident - before.resident).toBeLessThan(READERS * MOST_READ + CONSTANT);

    parts.sink.drain();
    await until(() => parts.sink.received() === READERS * 8 * MIB, { what: 'all of it to arrive', everyMs: 50 });
    expect((await memory()).queued).toBe(0);
    await closeAll(writers);
  });

  test('is given back at the end of connections and with a lost link: the next has its whole window again', async () => {
    const { bastion, cli } = parts.lab;
    await stoppedReaders(parts.floods, READERS);
    await until(async () => (await hop()).channels === READERS, { what: 'all channels to be open' });
    bastion.killSession();
    await untilTunnel(cli, 'bulk', ({ state, reconnects, hops }) => state === 'up' && reconnects > 0 && hops[0]?.data?.channels === 0);
    expect(await memory()).toMatchObject({ windows: 0, queued: 0 });
    const again = await stoppedReaders(parts.floods, 8);
    await until(async () => (await hop()).channels === 8, { what: 'the channels to be open' });
    // All of the connection's 16 MiB: none of it is lost.
    await until(async () => (await hop()).windows >= 8 * FIRST_WINDOW, { what: 'whole windows' });
    await closeAll(again);
  });

  test('lets more connections than have room in the limit work all the same, with the least windows', async () => {
    await up({ 'memory.supervisor': '1 MiB' });
    const text = Buffer.alloc(300 * 1024, 'each ');
    const windows: number[] = [];
    const look = until(async () => windows.push((await memory()).windows) > 0 && windows.some((size) => size > MIB), {
      what: 'many windows',
      everyMs: 10,
    });
    const waiting = Array.from({ length: 100 }, () => connect({ port: parts.echoes, host: '127.0.0.1', allowHalfOpen: true }));
    await look;
    const answers = waiting.map((socket) => buffer(socket));
    for (const socket of waiting) socket.end(text);
    expect((await Promise.all(answers)).filter((answer) => !answer.equals(text))).toEqual([]);
    expect(Math.max(...windows)).toBeLessThanOrEqual(MIB + 100 * LEAST_WINDOW);
    await closeAll(waiting);
    expect((await memory()).windows).toBe(0);
  });
});
