import { chmodSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ProblemError, problem } from '../model/problem.ts';

/**
 * Makes sure that `path` is a directory of our own that nobody else may write, made 0700 where it is missing.
 * Throws `directory-unusable` with the system's code, EOWNER (somebody else's) or EMODE (others may write).
 */
export function makePrivateDir(path: string): void {
  const code = troubleWith(path);
  if (code !== null) throw new ProblemError(problem('directory-unusable', { path, code }));
}

/** Like `makePrivateDir`, and takes others' right to look in as well: for sockets and logs. */
export function makeClosedDir(path: string): void {
  makePrivateDir(path);
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

function troubleWith(path: string): string | null {
  try {
    makeFolder(path);
    return accessTrouble(statSync(path));
  } catch (error) {
    return codeOf(error);
  }
}

/**
 * Makes a directory and all above it, 0700; throws the system's error.
 * Not `recursive: true`: below a directory that says ENOENT to every new name, as /proc does, node tries for ever.
 */
export function makeFolder(path: string): void {
  if (missingAbove(path) === null) return;
  makeFolder(dirname(path));
  const still = missingAbove(path);
  if (still !== null) throw still;
}

/** Null once the directory is there; the error where something above it is missing; throws where making that would not help. */
function missingAbove(path: string): unknown {
  try {
    mkdirSync(path, { mode: 0o700 });
    return null;
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && statSync(path).isDirectory()) return null;
    if (codeOf(error) === 'ENOENT' && dirname(path) !== path) return error;
    throw error;
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';

function accessTrouble(stats: Stats): string | null {
  if (!stats.isDirectory()) return 'ENOTDIR';
  if (process.getuid === undefined) return null;
  if (stats.uid !== process.getuid()) return 'EOWNER';
  return (stats.mode & 0o022) === 0 ? null : 'EMODE';
}
