import { type Problem, problem, ProblemError } from '../../model/problem.ts';
import type { Paths } from '../../platform/paths.ts';
import { type Change, changesBetween } from './changes.ts';
import type { Way } from './git/history.ts';
import { profilesIn, snapshotFolder } from './state/places.ts';
import { readSnapshot, type Snapshot } from './state/snapshot.ts';
import type { TeamSource } from './source-list.ts';
import { readFetched, readPin, writePin } from './state/source-state.ts';

/** A state of a source, as it lies on disk. `id`: the commit, or the SHA-256 of the one file. */
export type State = { readonly id: string; readonly profiles: string; readonly snapshot: Snapshot };

/** A newer state than the one that is in use, for a person to look at. */
export type Pending = {
  readonly from: State | null;
  readonly to: State;
  /** The profiles and other files that differ, by name. */
  readonly changes: readonly Change[];
  /** How it follows from `from`; null for a file of the web, and where nothing was pinned. */
  readonly way: Way | null;
};

/** The state whose profiles are used: the pinned one; the newest as long as nothing was pinned; null: none was fetched, or a folder. */
export function inUse(paths: Paths, name: string): State | null {
  const pinned = readPin(paths, name);
  const { latest } = readFetched(paths, name);
  return stateOf(paths, { name, id: pinned }) ?? stateOf(paths, { name, id: latest });
}

/**
 * What has come since the state that is in use was trusted; null where that is the newest. Nothing of it is used before
 * `pin`. Reads our own files only: neither git nor the network.
 */
export function pendingOf(paths: Paths, { name }: Pick<TeamSource, 'name'>): Pending | null {
  const { latest, way } = readFetched(paths, name);
  const pinned = readPin(paths, name);
  if (pinned === null || pinned === latest) return null;
  const [from, to] = [inUse(paths, name), stateOf(paths, { name, id: latest })];
  if (to === null || from?.id === to.id) return null;
  return { from, to, changes: changesBetween(from?.snapshot ?? null, to.snapshot), way: way?.from === from?.id ? way : null };
}

/**
 * From now on the profiles of this state are used, whatever is fetched; null: those of the newest. The state must have been
 * fetched. To trust them is another thing: that is a person's approval of the contents.
 */
export async function pin(paths: Paths, { name, id }: { readonly name: string; readonly id: string | null }): Promise<Problem | null> {
  if (id !== null && readSnapshot(paths, { name, id }) === null)
    throw new ProblemError(problem('internal', { what: `the state ${id} of ${name} is not there` }));
  return await writePin(paths, { name, id });
}

function stateOf(paths: Paths, { name, id }: { readonly name: string; readonly id: string | null }): State | null {
  const snapshot = id === null ? null : readSnapshot(paths, { name, id });
  return id === null || snapshot === null ? null : { id, profiles: profilesIn(snapshotFolder(paths, { name, id })), snapshot };
}
