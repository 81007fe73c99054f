import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { problem, ProblemError } from '../../../model/problem.ts';
import { makeFolder } from '../../../platform/private-dir.ts';
import { livenessOf, ownIdentity, type ProcessIdentity } from '../../../platform/process-identity.ts';

/** `name`: what is locked, for whoever cannot have it. `patient`: waits for whoever has it, who will not take long. */
type Given = { readonly path: string; readonly name: string; readonly patient?: boolean };

const POLL_MS = 50;
const PATIENCE_MS = 10_000;

/** Does something that only one process may do at a time. Throws `source-busy`; a lock whose holder has ended is nobody's. */
export async function withLock<T>(given: Given, work: () => Promise<T>): Promise<T> {
  const { path } = given;
  makeFolder(dirname(path));
  const until = performance.now() + (given.patient === true ? PATIENCE_MS : 0);
  for (;;) {
    const holder = take(path);
    if (holder === null) break;
    if (performance.now() >= until) throw new ProblemError(problem('source-busy', { name: given.name, pid: holder.pid }));
    await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Null once it is ours, else who has it. */
function take(path: string): ProcessIdentity | null {
  const own = `${path}.${process.pid}.${performance.now()}`;
  // Linked, not written in place, so that nobody ever reads half of it.
  writeFileSync(own, JSON.stringify(ownIdentity()), { mode: 0o600 });
  try {
    if (linked(own, path)) return null;
    const holder = holderOf(path);
    if (holder !== null && livenessOf(holder) !== 'dead') return holder;
    // Renaming has one winner. What was renamed is looked at again: another may have taken the lock over meanwhile.
    renameSync(path, `${own}.stale`);
    const renamed = holderOf(`${own}.stale`);
    if (renamed !== null && livenessOf(renamed) !== 'dead') linked(`${own}.stale`, path);
    return linked(own, path) ? null : (holderOf(path) ?? ownIdentity());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return holderOf(path) ?? ownIdentity();
  } finally {
    for (const left of [own, `${own}.stale`]) rmSync(left, { force: true });
  }
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function holderOf(path: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
  } catch {
    return null;
  }
}
