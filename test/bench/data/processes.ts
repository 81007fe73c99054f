import { readdirSync, readFileSync } from 'node:fs';

// sysconf(_SC_CLK_TCK): 100 on every Linux that Node.js runs on.
const TICKS_PER_SECOND = 100;

/** Processor time of these processes so far, in seconds: utime and stime of proc_pid_stat(5). */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    // The second field is a name in parentheses, which may hold spaces.
    const fields = textOf(pid, 'stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return sum(ticks) / TICKS_PER_SECOND;
}

/** The same to the nanosecond, of the threads that are there now: for what hardly does anything (proc_pid_schedstat(5)). */
export const fineCpuSeconds = (pids: readonly number[]): number =>
  sum(pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((task) => Number(textOf(pid, `task/${task}/schedstat`).split(' ')[0])))) /
  1e9;

/** Their resident memory in MB (VmRSS). */
export const residentMb = (pids: readonly number[]): number =>
  sum(pids.map((pid) => Number(/VmRSS:\s+(\d+)/.exec(textOf(pid, 'status'))?.[1] ?? 0))) / 1024;

/** Whether somebody listens on that port where the process lives: looked up, as a connection would be forwarded. */
export function listensBeside(pid: number, port: number): boolean {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  // proc_pid_net_tcp(5): the local address, the remote one, the state; 0A listens.
  return new RegExp(`${address} \\S+ 0A `).test(textOf(pid, 'net/tcp'));
}

const textOf = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
