import { closeSync, writeSync } from 'node:fs';
import type { ReadyLine } from '../platform/supervisor-exit.ts';

/** Tells whoever started the supervisor how it went, once. It may have gone meanwhile, which is its own affair. */
export function tellReady(fd: number | undefined, line: ReadyLine): void {
  if (fd === undefined) return;
  try {
    writeSync(fd, `${JSON.stringify(line)}\n`);
    closeSync(fd);
  } catch {
    // EPIPE, EBADF: nobody waits.
  }
}
