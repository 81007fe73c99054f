import { chmodSync, mkdirSync, type Stats, statSync } from 'node:fs';
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
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return accessTrouble(statSync(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function accessTrouble(stats: Stats): string | null {
  if (!stats.isDirectory()) return 'ENOTDIR';
  if (process.getuid === undefined) return null;
  if (stats.uid !== process.getuid()) return 'EOWNER';
  return (stats.mode & 0o022) === 0 ? null : 'EMODE';
}
