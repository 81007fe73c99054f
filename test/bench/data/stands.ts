import { setTimeout as pause } from 'node:timers/promises';
import { type Client, type Opened, ssh, tunnels, type Way } from './clients.ts';
import type { Sample, Stand } from './lines.ts';
import type { Place } from './place.ts';
import { cpuSeconds, residentMb } from './processes.ts';

type Measure = (place: Place, opened: Opened) => Promise<Sample>;

/** Both clients have their tunnels up all the time, idle while the other is measured. */
export const standing =
  (ways: readonly Way[], measure: Measure) =>
  async (place: Place): Promise<Stand> => {
    const open = (client: Client): Promise<Opened> => client.open(place, ways);
    const [ours, theirs] = [await open(tunnels), await open(ssh)];
    return {
      tunnels: () => measure(place, ours),
      ssh: () => measure(place, theirs),
      close: async () => void (await Promise.all([ours.close(), theirs.close()])),
    };
  };

export type Bulk = { readonly streams?: number; readonly megabytes: number };

/** MB/s of all streams together, and the client's processor time for a GB there and a GB back, halved. */
export const bulk =
  ({ streams = 1, megabytes }: Bulk): Measure =>
  async (place, opened) => {
    const up = await oneWay('up', { place, opened, streams, megabytes });
    const down = await oneWay('down', { place, opened, streams, megabytes });
    return { up: up.rate, down: down.rate, cpu: (up.cpu + down.cpu) / 2 };
  };

export const bulkOneWay =
  (direction: 'up' | 'down', { streams = 1, megabytes }: Bulk): Measure =>
  async (place, opened) => ({ [direction]: (await oneWay(direction, { place, opened, streams, megabytes })).rate });

type Job = Required<Bulk> & { readonly place: Place; readonly opened: Opened };

async function oneWay(direction: 'up' | 'down', { place, opened, streams, megabytes }: Job): Promise<{ rate: number; cpu: number }> {
  const before = cpuSeconds(opened.pids());
  const { bytes, seconds } = await place.load(direction, opened.ports.join(','), streams, Math.round((megabytes / streams) * 1e6));
  const used = cpuSeconds(opened.pids()) - before;
  return { rate: bytes / 1e6 / seconds, cpu: used / (bytes / 1e9) };
}

const SECONDS = 1;

/** Short connections for some seconds: how many a second. */
export const short =
  (atOnce: number): Measure =>
  async ({ load }, { ports }) => {
    const { perSecond } = await load('short', ports[0]!, atOnce, SECONDS);
    return { perSecond };
  };

/** How long an answer takes, in microseconds. */
export const latency =
  (mode: 'pieces' | 'ping'): Measure =>
  async ({ load }, { ports }) => {
    const { p50, p99 } = await load(mode, ports[0]!, SECONDS);
    return { p50, p99 };
  };

/** The round trip on the second tunnel while the first one carries a stream, over the same when nothing else is under way; MB/s of that stream. */
export const besideBulk =
  (direction: 'up' | 'down'): Measure =>
  async ({ load }, { ports: [first, second] }) => {
    const idle = await load('ping', second!, SECONDS);
    const busy = await load('beside', direction, first!, second!, SECONDS);
    return { p50: busy.p50, p99: busy.p99, slower: busy.p50 / idle.p50, rate: busy.bytes / 1e6 / busy.seconds };
  };

/** Milliseconds until a tunnel is up: all of `tunnels up` with the supervisor running; `ssh` until its forward listens. */
export const comingUp =
  (way: Way) =>
  async (place: Place): Promise<Stand> => {
    await place.lab.cli.run(['supervisor', 'start']);
    const sample = async (client: Client): Promise<Sample> => {
      const opened = await client.open(place, [way]);
      await opened.close();
      return { ms: opened.tookMs };
    };
    return { tunnels: () => sample(tunnels), ssh: () => sample(ssh), close: async () => {} };
  };

/** Resident memory of so many idle tunnels, each with a connection of its own, against as many processes of ssh. */
export const idle =
  (count: number) =>
  async (place: Place): Promise<Stand> => {
    await place.lab.cli.run(['supervisor', 'restart']);
    const ways = Array.from({ length: count }, (_, own): Way => ({ hops: 1, own }));
    const [ours, theirs] = [await tunnels.open(place, ways), await ssh.open(place, ways)];
    await pause(SETTLE_MS);
    return {
      // What the supervisor keeps beside it counts too.
      tunnels: async () => ({ memory: residentMb(place.lab.cli.processes()) }),
      ssh: async () => ({ memory: residentMb(theirs.pids()) }),
      close: async () => void (await Promise.all([ours.close(), theirs.close()])),
    };
  };

/** A supervisor gives back what its start has left once it was idle for a while. */
const SETTLE_MS = 30_000;
