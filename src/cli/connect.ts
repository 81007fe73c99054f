import { createClient, type SupervisorClient } from '../api/client.ts';
import { SilentError } from '../api/client-call.ts';
import { ProblemError, problem } from '../model/problem.ts';
import { readLock } from '../platform/lock-files.ts';
import type { Paths } from '../platform/paths.ts';
import { checkSocketPath } from '../platform/socket-path.ts';

/**
 * The supervisor that runs, or null where none does. Rejects with `supervisor-wedged` for one that accepts and then says
 * nothing for 3 s, `socket-path-too-long`, or `no-supervisor` where the socket cannot be used at all.
 */
export async function connect(paths: Paths): Promise<SupervisorClient | null> {
  checkSocketPath(paths.socket);
  const client = createClient(paths.socket);
  try {
    await client.health();
    return client;
  } catch (error) {
    const cause = error instanceof ProblemError ? error.cause : null;
    if (cause instanceof SilentError) throw wedged(paths, error);
    if (NOBODY_THERE.has((cause as NodeJS.ErrnoException | null)?.code ?? '')) return null;
    throw error;
  }
}

/** ENOTDIR: a file is in the way of its directory, which whoever starts one is told. The last two: it ended just as we came. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** `supervisor-wedged`, or `no-supervisor` where no lock tells who it is. */
export function wedged(paths: Paths, cause?: unknown): ProblemError {
  const pid = readLock(paths.runtime)?.holder?.pid;
  const p =
    pid === undefined
      ? problem('no-supervisor', { why: 'whoever listens at its socket does not answer' })
      : problem('supervisor-wedged', { pid });
  return new ProblemError(p, { cause });
}
