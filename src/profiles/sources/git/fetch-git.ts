import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem, ProblemError } from '../../../model/problem.ts';
import { MOST_FILE_BYTES } from '../limits.ts';
import type { GitSpec } from '../spec.ts';
import { folderBytes } from './folder-bytes.ts';
import { type GitGiven, mustGit, runGit } from './run-git.ts';
import { whyFailed } from './why-failed.ts';

export type FetchGiven = GitGiven & { readonly name: string; readonly spec: GitSpec };

export const LATEST = 'refs/tunnels/latest';
/** How many commits back a newer state is followed: enough for a year of a team's profiles, little of a large repository. */
const DEEP = 200;
/** What one fetch may bring, of a server that cannot leave large files out. */
const MOST_BYTES = 200_000_000;
const WATCH_MS = 200;
const PATIENCE_MS = { terminal: 300_000, nobody: 120_000 } as const;

/**
 * Fetches the source's ref into the bare repository of its own, which is made where it is missing; no work tree, no hooks.
 * Gives the commit. Throws `source-not-fetched`, `source-login-refused`, `source-host-key`, `source-timeout`, `source-too-large`.
 */
export async function fetchGit(given: FetchGiven): Promise<string> {
  await makeRepository(given);
  const watch = watchFetch(given);
  const { spec, gitDir, name } = given;
  try {
    const ran = await runGit({ ...given, signal: watch.signal }, { args: fetchArgs(given), protocols: 'file:https:ssh' });
    watch.signal.throwIfAborted();
    if (ran.code !== 0) throw new ProblemError(whyFailed({ name, from: spec.url, said: ran.said }));
  } finally {
    watch.end();
    // Forgets that objects could be had from there later: nothing is fetched but here.
    writeConfig(gitDir);
  }
  return (await mustGit(given, { args: ['rev-parse', '--verify', `${LATEST}^{commit}`] })).trim();
}

/** No tags, no submodules, no files too large to be profiles, and no more history than is asked about. */
const fetchArgs = ({ spec, gitDir }: FetchGiven): string[] => [
  'fetch',
  '--quiet',
  '--force',
  '--no-tags',
  '--no-recurse-submodules',
  `--filter=blob:limit=${MOST_FILE_BYTES + 1}`,
  `--depth=${existsSync(join(gitDir, LATEST)) ? DEEP : 1}`,
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

type Watch = { readonly signal: AbortSignal; readonly end: () => void };

/** Ends git when it takes too long, or when more comes than a source may have. */
function watchFetch({ gitDir, name, asks, signal }: FetchGiven): Watch {
  const ending = new AbortController();
  const giveUp = (): void => ending.abort(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  const patience = PATIENCE_MS[asks];
  const timeout = setTimeout(() => ending.abort(new ProblemError(problem('source-timeout', { name, seconds: patience / 1000 }))), patience);
  const before = folderBytes(join(gitDir, 'objects'));
  const look = setInterval(() => {
    if (folderBytes(join(gitDir, 'objects')) - before <= MOST_BYTES) return;
    ending.abort(new ProblemError(problem('source-too-large', { name, most: `${MOST_BYTES / 1_000_000} MB` })));
  }, WATCH_MS);
  const end = (): void => {
    clearTimeout(timeout);
    clearInterval(look);
    signal?.removeEventListener('abort', giveUp);
  };
  return { signal: ending.signal, end };
}
