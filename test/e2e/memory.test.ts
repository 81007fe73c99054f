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

describe.runIf(isRoot)('the memory that bytes take', () => {
  const parts = {} as { lab: Lab; flood: Flood; echo: Target; floods: number; echoes: number };
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
  /** The sources can send no more, as nothing is taken from them. */
  const stalled = async (): Promise<void> => {
    const seen = { written: -1 };
    const isStill = (): boolean => {
      const before = seen.written;
      seen.written = parts.flood.written();
      return seen.written === before && before > 0;
    };
    await until(isStill, { what: 'the sources to stand still', everyMs: 500 });
  };
  const closeAll = async (sockets: readonly Socket[]): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await until(async () => (await hop()).channels === 0, { what: 'the channels to close' });
  };

  beforeAll(async () => {
    const [lab, flood, echo, floods, echoes] = await Promise.all([makeLab(), startFlood(), startTarget(), freePort(), freePort()]);
    Object.assign(parts, { lab, flood, echo, floods, echoes });
    const forwards = [`{ name: flood, local: ${floods}, to: "${flood.to}" }`, `{ name: echo, local: ${echoes}, to: "${echo.to}" }`];
    lab.profile('bulk', forwards, { hops: lab.oneHop });
  });

  afterAll(async () => {
    await Promise.all([parts.flood.stop(), parts.echo.stop()]);
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
