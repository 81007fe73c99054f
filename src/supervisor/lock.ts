import { linkSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generationsIn, type LockFile, lockPath, readLock } from '../platform/lock-files.ts';
import { livenessOf, ownIdentity } from '../platform/process-identity.ts';

export type Locking =
  | { readonly won: true; readonly generation: number }
  /** `pid` as the holder sees it. */
  | { readonly won: false; readonly pid: number };

/** Answers for a holder in another pid namespace, by trying its socket. */
export type LockNeeds = { readonly runtime: string; readonly now: () => number; readonly answers: () => Promise<boolean> };

/**
 * One supervisor for each runtime directory, whatever the race, on any file system with link(2).
 *
 * A contender whose predecessor is dead makes the next generation; of several that try, link(2) lets one succeed.
 * Nobody ever removes the highest generation, so a slow contender that still believes in an older one finds
 * either its number taken or, after making it, a higher one, and loses. The lock is let go by dying, and by nothing else.
 */
export async function takeLock(needs: LockNeeds): Promise<Locking> {
  for (;;) {
    const held = readLock(needs.runtime);
    const pid = held === null ? null : await holderPid(held, needs);
    if (pid !== null) return { won: false, pid };
    const mine = (held?.generation ?? 0) + 1;
    if (!makeGeneration(needs.runtime, mine)) continue;
    const all = generationsIn(needs.runtime);
    if (all[0] === mine) {
      for (const old of all.slice(1)) remove(lockPath(needs.runtime, old));
      return { won: true, generation: mine };
    }
    remove(lockPath(needs.runtime, mine));
  }
}

/** The pid of a holder that lives; null for one that is dead. */
async function holderPid(held: LockFile, needs: LockNeeds): Promise<number | null> {
  if (held.holder === null) return null;
  const { pid } = held.holder;
  const liveness = livenessOf(held.holder);
  if (liveness !== 'elsewhere') return liveness === 'alive' ? pid : null;
  const mayBeStarting = needs.now() - held.madeAtMs < START_MS;
  return mayBeStarting || (await needs.answers()) ? pid : null;
}

/** How long a supervisor may take from its lock to its socket. */
const START_MS = 10_000;

/** False when somebody else was faster. The name appears with its whole content or not at all. */
function makeGeneration(runtime: string, generation: number): boolean {
  const draft = join(runtime, `supervisor.draft.${process.pid}`);
  writeFileSync(draft, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    linkSync(draft, lockPath(runtime, generation));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
