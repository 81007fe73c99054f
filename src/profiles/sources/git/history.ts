import { shortLine } from '../../../model/plain-text.ts';
import { type GitGiven, mustGit, runGit } from './run-git.ts';

/** How a commit follows from another one. `back`: it is older. `unknown`: not within the history that is here. */
export type Follows = 'yes' | 'no' | 'back' | 'unknown';

export type CommitInfo = {
  /** ISO 8601, as the committer says. */
  readonly at: string;
  /** Who and what, as the commit says it: on one line, printable, cut. Nobody vouches for it. */
  readonly author: string;
  readonly subject: string;
};

export type Way = {
  readonly from: string;
  readonly follows: Follows;
  /** How many commits there are to the new one, or back to it; null where neither leads to the other. */
  readonly commits: number | null;
  /** Of the newest of them, the newest first: what is new, or what is taken back. */
  readonly subjects: readonly string[];
};

const MOST_SUBJECTS = 20;

export async function infoOf(given: GitGiven, commit: string): Promise<CommitInfo> {
  const args = ['log', '-1', '--no-color', '--no-notes', '--format=%cI%x00%an%x00%s', commit];
  const [at = '', author = '', subject = ''] = (await mustGit(given, { args })).split('\0');
  return { at: shortLine(at, 40), author: shortLine(author, 60), subject: shortLine(subject) };
}

/** The way from one commit to another: a ref that was moved or forced to another history does not follow. */
export async function wayTo(given: GitGiven, { from, to }: { readonly from: string; readonly to: string }): Promise<Way> {
  const { code } = await runGit(given, { args: ['merge-base', '--is-ancestor', from, to] });
  if (code === 0) return { from, follows: 'yes', ...(await commitsIn(given, `${from}..${to}`)) };
  const { code: codeBack } = await runGit(given, { args: ['merge-base', '--is-ancestor', to, from] });
  if (codeBack === 0) return { from, follows: 'back', ...(await commitsIn(given, `${to}..${from}`)) };
  // Where the newer history reaches its beginning and the older commit is not in it, it is another one.
  const known = code === 1 && !(await isCut(given, to));
  return { from, follows: known ? 'no' : 'unknown', commits: null, subjects: [] };
}

async function commitsIn(given: GitGiven, range: string): Promise<Pick<Way, 'commits' | 'subjects'>> {
  const count = await mustGit(given, { args: ['rev-list', '--count', range] });
  const args = ['log', `--max-count=${MOST_SUBJECTS}`, '--no-color', '--no-notes', '--format=%s', range];
  const subjects = (await mustGit(given, { args })).split('\n').filter((line) => line !== '');
  return { commits: Number(count), subjects: subjects.map((line) => shortLine(line)) };
}

/** Whether the history ends at a commit whose parents were not fetched. */
async function isCut(given: GitGiven, commit: string): Promise<boolean> {
  const args = ['rev-list', '--max-parents=0', commit];
  const roots = (await mustGit(given, { args })).split('\n').filter((line) => line !== '');
  for (const root of roots) {
    // The object itself tells of parents that the shallow history hides.
    const text = await mustGit(given, { args: ['cat-file', 'commit', root] });
    if (/^parent /m.test(text.split('\n\n')[0] ?? '')) return true;
  }
  return false;
}
