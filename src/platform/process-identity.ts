import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** A process beyond doubt: a pid alone is given to another process sooner or later. */
export type ProcessIdentity = {
  readonly pid: number;
  /** When it started, in the words of the system; null where that cannot be told. */
  readonly start: string | null;
  /** Which run of the machine; null where that cannot be told. */
  readonly boot: string | null;
  /** The pid namespace (pid_namespaces(7)); null where there are none. */
  readonly space: string | null;
};

/** `elsewhere`: in another pid namespace, where its pid means nothing to us. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, start: startOf(process.pid), boot: bootId(), space: pidSpace() });

export function livenessOf(other: ProcessIdentity): Liveness {
  if (other.boot !== bootId()) return 'dead';
  if (other.space !== pidSpace()) return 'elsewhere';
  if (!isRunning(other.pid)) return 'dead';
  return startOf(other.pid) === other.start ? 'alive' : 'dead';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const ENDED = 'ended';

/** Linux: field 22 of /proc/PID/stat, ticks since boot (proc_pid_stat(5)); a zombie has ended. Elsewhere ps(1) knows. */
function startOf(pid: number): string | null {
  if (process.platform === 'win32') return null;
  if (process.platform !== 'linux') return said('ps', ['-o', 'lstart=', '-p', String(pid)]);
  // The second field is a name in parentheses that may hold blanks and parentheses itself.
  const fields = content(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ');
  if (fields === undefined) return null;
  return fields[0] === 'Z' || fields[0] === 'X' ? ENDED : (fields[19] ?? null);
}

function bootId(): string | null {
  if (process.platform === 'win32') return null;
  return process.platform === 'linux' ? content('/proc/sys/kernel/random/boot_id') : said('sysctl', ['-n', 'kern.boottime']);
}

function pidSpace(): string | null {
  try {
    return process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : null;
  } catch {
    return null;
  }
}

function content(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}

function said(command: string, args: readonly string[]): string | null {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    }).trim();
  } catch {
    return null;
  }
}
