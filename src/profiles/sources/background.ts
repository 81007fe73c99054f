import type { Paths } from '../../platform/paths.ts';
import { fetchInterval } from './interval.ts';
import { pendingOf, type Pending } from './pins.ts';
import { readSources, type TeamSource } from './source-list.ts';
import { readFetched } from './state/source-state.ts';
import { updateSource } from './update.ts';

export type BackgroundGiven = {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** `pending`: what a person may look at, where this fetch has brought something new. `error`: why it failed. */
export type Fetch = { readonly name: string; readonly pending: Pending | null; readonly brought: boolean; readonly error: unknown };

/**
 * Fetches the sources whose time has come, one after the other, and asks nobody. What fails is tried again after the
 * interval, not sooner: a server that refuses us would lock us out.
 */
export async function fetchDue(given: BackgroundGiven): Promise<Fetch[]> {
  const interval = fetchInterval(given.paths);
  if (interval === 0) return [];
  const fetches: Fetch[] = [];
  for (const source of readSources(given.paths).value) {
    if (given.signal.aborted) break;
    if (isDue(source, given, interval)) fetches.push(await fetchOne(source, given));
  }
  return fetches;
}

/** A tenth earlier or later, so that a team's machines, which all start in the morning, do not ask at once. */
function isDue({ name, spec }: TeamSource, { paths, now, random }: BackgroundGiven, interval: number): boolean {
  if (spec.kind === 'folder') return false;
  const { triedAt } = readFetched(paths, name);
  // A clock that was put back must not keep it from being fetched for years.
  return triedAt === null || triedAt > now() || now() - triedAt >= interval * (0.9 + random() * 0.2);
}

async function fetchOne(source: TeamSource, { paths, env, now, signal }: BackgroundGiven): Promise<Fetch> {
  const { name } = source;
  try {
    // A dialog of whoever started the supervisor, perhaps days ago, would come out of nowhere.
    const quiet = { ...env, GIT_ASKPASS: undefined, SSH_ASKPASS: undefined, DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
    const { id, before } = await updateSource(source, { paths, env: quiet, asks: 'nobody', now: now(), signal });
    return { name, pending: pendingOf(paths, { name }), brought: id !== before, error: null };
  } catch (error) {
    return { name, pending: null, brought: false, error };
  }
}
