import { setTimeout as pause } from 'node:timers/promises';
import type { Place } from '../place.ts';
import { fineCpuSeconds, residentMb } from '../processes.ts';

/** What so many of something cost. */
export type Cost = {
  readonly size: number;
  /** Of the supervisor and what it keeps beside it. */
  readonly memoryMb: number;
  /** Of one core, while nothing is asked of it. */
  readonly cpuPercent: number;
  /** Of one byte through one of the tunnels, in microseconds. */
  readonly p50: number;
  readonly p99: number;
};

const SETTLE_MS = 10_000;
// A keepalive is due every 15 seconds.
const IDLE_MS = 15_000;
const PING_SECONDS = 2;

export async function costOf(place: Place, { size, port }: { readonly size: number; readonly port: number }): Promise<Cost> {
  await pause(SETTLE_MS);
  const pids = place.lab.cli.processes();
  const before = fineCpuSeconds(pids);
  await pause(IDLE_MS);
  const cpuPercent = ((fineCpuSeconds(pids) - before) / IDLE_MS) * 1e5;
  // After the while that a supervisor takes to give back what it needed for a moment.
  const memoryMb = residentMb(pids);
  const { p50, p99 } = await place.load('ping', port, PING_SECONDS);
  return { size, memoryMb, cpuPercent, p50, p99 };
}
