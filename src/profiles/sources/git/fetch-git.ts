import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem, ProblemError } from '../../../model/problem.ts';
import { MOST_FILE_BYTES } from '../limits.ts';
import type { GitSpec } from '../spec.ts';
import { folderBytes } from './folder-bytes.ts';
import { type Asks, type GitGiven, mustGit, runGit } from './run-git.ts';
import { whyFailed } from './why-failed.ts';

export type FetchGiven = GitGiven & { readonly name: string; readonly spec: GitSpec; readonly limits?: FetchLimits };

/** `bytes`: what one fetch may bring, of a server that cannot leave large files out. `patienceMs`: for all of it. */
export type FetchLimits = { readonly bytes: number; readonly patienceMs: number };

export const LATEST = 'refs/tunnels/latest';
/**
 * How many commits back a newer state is followed: enough for a year of a team's profiles, little of a large repository. From
 * the first fetch on: of a commit without its history nobody could tell later that a branch was moved back from it.
 */
const DEEP = 200;
const WATCH_MS = 200;
const MOST_BYTES = 200_000_000;
/** A person may have to find a password first. */
const LIMITS: Readonly<Record<Asks, FetchLimits>> = {
  terminal: { bytes: MOST_BYTES, patienceMs: 300_000 },
  nobody: { bytes: MOST_BYTES, patienceMs: 120_000 },
};

/**
 * Fetches the source's ref into the bare repository of its own, which is made where it is missing; no work tree, no hooks.
 * Gives the commit. Throws `source-not-fetched`, `source-login-refused`, `source-host-key`, `source-timeout`, `source-too-large`.
 */
export async function fetchGit(given: FetchGiven): Promise<string> {
  await makeRepository(given);
  const watch = watchFetch(given);
  const { spec, gitDir, name } = given;
  try {
    const ran = await runGit({ ...given, signal: watch.signal }, { args: fetchArgs(given.spec), protocols: 'file:https:ssh' });
    watch.look();
    watch.signal.throwIfAborted();
    if (ran.code !== 0) throw new ProblemError(whyFailed({ name, from: spec.url, said: ran.said }));
  } finally {
    watch.end();
    dropUnfinished(gitDir);
    // Forgets that objects could be had from there later: nothing is fetched but here.
    writeConfig(gitDir);
  }
  return (await mustGit(given, { args: ['rev-parse', '--verify', `${LATEST}^{commit}`] })).trim();
}

/** No tags, no submodules, no files too large to be profiles, and no more history than is asked about. */
const fetchArgs = (spec: GitSpec): string[] => [
  'fetch',
  '--quiet',
  '--force',
  '--no-tags',
  '--no-recurse-submodules',
  `--filter=blob:limit=${MOST_FILE_BYTES + 1}`,
  `--depth=${DEEP}`,
  '--',
  spec.url,
  `+${spec.ref ?? 'HEAD'}:${LATEST}`,
];

/** As git-init(1) makes it, without a template's hooks; appears whole. */
async function makeRepository({ gitDir, ...given }: FetchGiven): Promise<void> {
  if (existsSync(join(gitDir, 'HEAD'))) return writeConfig(gitDir);
  const fresh = `${gitDir}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true, mode: 0o700 });
  await mustGit({ ...given, gitDir: fresh }, { args: ['init', '--quiet', '--bare', '--template='] });
  writeConfig(fresh);
  rmSync(gitDir, { recursive: true, force: true });
  renameSync(fresh, gitDir);
}

const writeConfig = (gitDir: string): void =>
  writeFileSync(join(gitDir, 'config'), '[core]\n\trepositoryformatversion = 0\n\tbare = true\n', { mode: 0o600 });

/** What git leaves when it is ended in the middle. */
function dropUnfinished(gitDir: string): void {
  const packs = join(gitDir, 'objects', 'pack');
  const left = existsSync(packs) ? readdirSync(packs).filter((name) => name.startsWith('tmp_')) : [];
  for (const name of left) rmSync(join(packs, name), { force: true });
}

type Watch = { readonly signal: AbortSignal; readonly look: () => void; readonly end: () => void };

/** Ends git when it takes too long, or when more comes than a source may have. */
function watchFetch({ gitDir, name, asks, signal, limits = LIMITS[asks] }: FetchGiven): Watch {
  const ending = new AbortController();
  const giveUp = (): void => ending.abort(signal?.reason);
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  const late = problem('source-timeout', { name, seconds: limits.patienceMs / 1000 });
  const timeout = setTimeout(() => ending.abort(new ProblemError(late)), limits.patienceMs);
  const objects = join(gitDir, 'objects');
  const before = folderBytes(objects);
  const look = (): void => {
    if (folderBytes(objects) - before <= limits.bytes) return;
    ending.abort(new ProblemError(problem('source-too-large', { name, most: `${limits.bytes / 1_000_000} MB` })));
  };
  const looking = setInterval(look, WATCH_MS);
  const end = (): void => {
    clearTimeout(timeout);
    clearInterval(looking);
    signal?.removeEventListener('abort', giveUp);
  };
  return { signal: ending.signal, look, end };
}
