import { join } from 'node:path';
import { type Problem, problemOf, ProblemError, wordsOf } from '../../model/problem.ts';
import type { Paths } from '../../platform/paths.ts';
import { type Change, changesBetween } from './changes.ts';
import { fetchHttps } from './web/fetch-https.ts';
import { fetchGit, type FetchLimits } from './git/fetch-git.ts';
import { infoOf, type Way, wayTo } from './git/history.ts';
import { readTree } from './git/read-tree.ts';
import type { Asks } from './git/run-git.ts';
import { withLock } from './state/lock.ts';
import { inUse } from './pins.ts';
import { gitFolder, sourceFolder } from './state/places.ts';
import { dropSnapshots, readSnapshot, type Snapshot, writeSnapshot } from './state/snapshot.ts';
import type { TeamSource } from './source-list.ts';
import { type Fetched, readFetched, readPin, writeFetched, writePin } from './state/source-state.ts';
import { signersFolder, type SignersKind } from './signers/places.ts';
import { verifyCommit } from './signers/verify-commit.ts';
import type { GitSpec, HttpsSpec } from './spec.ts';

export type UpdateGiven = {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly asks: Asks;
  readonly now: number;
  readonly signal?: AbortSignal;
  readonly limits?: FetchLimits;
};

/** What a fetch has brought. A folder is read in place: it has no states. */
export type Updated = {
  readonly id: string | null;
  /** What the fetch before it had brought. */
  readonly before: string | null;
  /** What was in use until now; null: nothing had been fetched. */
  readonly since: string | null;
  readonly snapshot: Snapshot | null;
  /** The files that differ from what was in use: the same files that a person is asked to accept, however often it is fetched. */
  readonly changes: readonly Change[];
  /** How it follows from the state in use; null where that is the newest, or cannot be told. */
  readonly way: Way | null;
};

/**
 * Fetches the newest state of a source and keeps it beside the one that is in use, which stays so until `pin`.
 * What one of a source's signers has signed and follows from that is pinned at once, and so is what has the very same files.
 * Throws the problem that kept it from being fetched (which is kept too, for lists), or `source-busy`, `git-missing`.
 */
export async function updateSource(source: TeamSource, given: UpdateGiven): Promise<Updated> {
  const { name, spec } = source;
  if (spec.kind === 'folder') return { id: null, before: null, since: null, snapshot: null, changes: [], way: null };
  const path = join(sourceFolder(given.paths, name), 'fetch.lock');
  return await withLock({ path, name }, async () => {
    try {
      return await (spec.kind === 'git'
        ? updateGit({ ...given, name, spec, signers: source.signers ?? null })
        : updateHttps({ ...given, name, spec }));
    } catch (error) {
      if (given.signal?.aborted !== true) await keepTrouble(problemOf(error), { ...given, name });
      throw error;
    }
  });
}

type GitUpdate = UpdateGiven & { readonly name: string; readonly spec: GitSpec; readonly signers: SignersKind | null };

async function updateGit(given: GitUpdate): Promise<Updated> {
  const { paths, name, signers } = given;
  const git = { ...given, gitDir: gitFolder(paths, name) };
  const id = await fetchGit(git);
  // Before anything of it is kept: what is not signed as it has to be is never a state of the source.
  if (signers !== null) await verifyCommit({ ...git, signers, folder: signersFolder(paths, name) }, id);
  const { latest: before } = readFetched(paths, name);
  if (readSnapshot(paths, { name, id }) === null) {
    const tree = await readTree(git, id);
    writeSnapshot(paths, { name, id, ...tree, info: await infoOf(git, id) });
  }
  const since = inUse(paths, name)?.id ?? before;
  const way = since === null || since === id ? null : await wayTo(git, { from: since, to: id });
  const updated = await keep({ latest: id, way, etag: null }, { ...given, before, since });
  // What does not follow is for a person to look at, also where it was signed: an older state was signed as well.
  const follows = way === null || way.follows === 'yes';
  if (follows && (signers !== null || isTheSame(updated, readPin(paths, name)))) await writePin(paths, { name, id });
  return updated;
}

/**
 * Commits that change nothing of a source's own files, as most of a large repository's do: there is nothing to accept, and
 * after some hundred of them nobody could tell any more whether the next one follows.
 */
const isTheSame = ({ changes, since }: Updated, pinned: string | null): boolean =>
  pinned !== null && pinned === since && changes.length === 0;

type HttpsUpdate = UpdateGiven & { readonly name: string; readonly spec: HttpsSpec };

async function updateHttps(given: HttpsUpdate): Promise<Updated> {
  const { paths, name } = given;
  const { latest: before, etag } = readFetched(paths, name);
  const whole = before !== null && readSnapshot(paths, { name, id: before }) !== null;
  const since = inUse(paths, name)?.id ?? before;
  const answer = await fetchHttps({ ...given, etag: whole ? etag : null });
  if (answer === null) return await keep({ latest: before, way: null, etag }, { ...given, before, since });
  writeSnapshot(paths, { name, id: answer.sha256, files: [answer.file], remarks: [], info: null });
  return await keep({ latest: answer.sha256, way: null, etag: answer.etag }, { ...given, before, since });
}

type KeepGiven = UpdateGiven & { readonly name: string } & Pick<Updated, 'before' | 'since'>;

async function keep(fresh: Pick<Fetched, 'latest' | 'way' | 'etag'>, { paths, name, now, before, since }: KeepGiven): Promise<Updated> {
  const snapshotOf = (id: string | null): Snapshot | null => (id === null ? null : readSnapshot(paths, { name, id }));
  const [old, snapshot] = [snapshotOf(since), snapshotOf(fresh.latest)];
  await writeFetched(paths, { name, fetched: { ...fresh, fetchedAt: now, triedAt: now, trouble: null } });
  const ids = [fresh.latest, before, readPin(paths, name)].filter((id) => id !== null);
  dropSnapshots(paths, { name, keep: new Set(ids) });
  const changes = snapshot === null || since === fresh.latest ? [] : changesBetween(old, snapshot);
  return { id: fresh.latest, before, since, snapshot, changes, way: fresh.way };
}

async function keepTrouble(trouble: Problem, { paths, name, now }: UpdateGiven & { readonly name: string }): Promise<void> {
  const fetched = { ...readFetched(paths, name), triedAt: now, trouble: { code: trouble.code, ...wordsOf(trouble, name) } };
  // What could not be fetched is the trouble to tell, not that it could not be noted.
  await writeFetched(paths, { name, fetched }).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
  });
}
