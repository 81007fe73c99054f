import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './process-identity.ts';

/**
 * The supervisor's lock is a series of files, `supervisor.lock.1`, `.2`, ...; the highest number counts.
 * Each appears whole, by link(2), and is never written again.
 */
export type LockFile = {
  readonly generation: number;
  readonly path: string;
  /** Null: not readable as a holder; only a crash of the whole machine leaves that behind. */
  readonly holder: ProcessIdentity | null;
  readonly madeAtMs: number;
};

export const lockPath = (runtime: string, generation: number): string => join(runtime, `${PREFIX}${generation}`);

/** All generations, the highest first. A directory that does not exist has none. */
export function generationsIn(runtime: string): number[] {
  return namesIn(runtime)
    .filter((name) => name.startsWith(PREFIX) && /^[1-9]\d{0,14}$/.test(name.slice(PREFIX.length)))
    .map((name) => Number(name.slice(PREFIX.length)))
    .sort((a, b) => b - a);
}

/** The lock that counts; null where there is none. */
export function readLock(runtime: string): LockFile | null {
  for (;;) {
    const generation = generationsIn(runtime)[0];
    if (generation === undefined) return null;
    const found = readLockFile(lockPath(runtime, generation), generation);
    // Removed between the two looks: a higher one has been made.
    if (found !== null) return found;
  }
}

const PREFIX = 'supervisor.lock.';

function readLockFile(path: string, generation: number): LockFile | null {
  try {
    return { path, generation, madeAtMs: statSync(path).mtimeMs, holder: holderIn(readFileSync(path, 'utf8')) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function holderIn(text: string): ProcessIdentity | null {
  try {
    const { pid, start, boot, space } = JSON.parse(text) as ProcessIdentity;
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, start, boot, space } : null;
  } catch {
    return null;
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // ENOTDIR: a file is in the way; whoever makes the directory is told.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
