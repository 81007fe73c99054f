import { shortLine } from '../../../model/plain-text.ts';
import { problem, ProblemError } from '../../../model/problem.ts';
import { MOST_BYTES, MOST_FILE_BYTES, MOST_FILES } from '../limits.ts';
import type { SnapshotFile, SnapshotRemark } from '../state/snapshot.ts';
import { isSnapshotName, passedOver } from '../state/snapshot-names.ts';
import type { FetchGiven } from './fetch-git.ts';
import { mustGit, runGit } from './run-git.ts';

/** What a folder of a commit holds for us. */
export type Tree = { readonly files: readonly SnapshotFile[]; readonly remarks: readonly SnapshotRemark[] };

type Entry = { readonly mode: string; readonly id: string; readonly name: string };

const TREE_BYTES = 4_000_000;

/**
 * The profiles that lie directly in the source's folder at a commit, as git's objects: nothing is checked out, so no link,
 * name, attribute or hook of the repository can act. What cannot be taken gets a remark; a file too large is not read at all.
 * Throws `source-nowhere`, `source-too-large`.
 */
export async function readTree(given: FetchGiven, commit: string): Promise<Tree> {
  const tree = await folderId(given, commit);
  const listed = await runGit(given, { args: ['ls-tree', '-z', tree], most: TREE_BYTES });
  if (listed.tooMuch) throw tooLarge(given, `${TREE_BYTES / 1_000_000} MB of file names`);
  const entries = entriesOf(listed.out).filter(({ name }) => !passedOver(name));
  if (entries.length > MOST_FILES) throw tooLarge(given, `${MOST_FILES} profiles`);
  const strange = new Map(entries.flatMap((entry) => remarkOn(entry).map((text) => [entry, text] as const)));
  const sizes = await sizesOf(given, entries);
  const large = entries.filter((entry) => !strange.has(entry) && (sizes.get(entry.id) ?? Infinity) > MOST_FILE_BYTES);
  for (const entry of large) strange.set(entry, `The file has more than ${MOST_FILE_BYTES / 1_000_000} MB, so it cannot be a profile.`);
  const good = entries.filter((entry) => !strange.has(entry));
  if (good.reduce((sum, { id }) => sum + (sizes.get(id) ?? 0), 0) > MOST_BYTES) throw tooLarge(given, `${MOST_BYTES / 1_000_000} MB`);
  const remarks = [...strange].map(([{ name }, text]) => ({ file: shortLine(name), text }));
  return { files: await contentsOf(given, good), remarks };
}

const tooLarge = ({ name }: FetchGiven, most: string): ProblemError => new ProblemError(problem('source-too-large', { name, most }));

async function folderId(given: FetchGiven, commit: string): Promise<string> {
  const { folder } = given.spec;
  const answer = await mustGit(given, {
    args: ['cat-file', '--batch-check'],
    input: `${commit}${folder === null ? '^{tree}' : `:${folder}`}\n`,
  });
  const [id = '', type] = answer.trim().split(' ');
  if (type === 'tree') return id;
  throw new ProblemError(problem('source-nowhere', { name: given.name, folder: folder ?? '' }));
}

/** `<mode> <type> <id>TAB<name>NUL` (git-ls-tree(1), -z). */
const entriesOf = (out: Buffer): Entry[] =>
  out
    .toString('utf8')
    .split('\0')
    .flatMap((line) => {
      const [, mode = '', id = '', name = ''] = /^(\d+) \w+ ([0-9a-f]+)\t([^]+)$/.exec(line) ?? [];
      return id === '' ? [] : [{ mode, id, name }];
    });

function remarkOn({ mode, name }: Entry): string[] {
  if (mode === '120000') return ['This is a symbolic link, which is not followed. Put the profile itself here.'];
  if (mode !== '100644' && mode !== '100755' && mode !== '100664') return ['This is not a file, so it cannot be a profile.'];
  return isSnapshotName(name) ? [] : ["The file's name cannot be the name of a profile."];
}

/** By id; of a file that is not here, because it was too large to be fetched, nothing. */
async function sizesOf(given: FetchGiven, entries: readonly Entry[]): Promise<ReadonlyMap<string, number>> {
  const answer = await mustGit(given, { args: ['cat-file', '--batch-check'], input: entries.map(({ id }) => `${id}\n`).join('') });
  const lines = answer.split('\n').map((line) => line.split(' '));
  return new Map(lines.flatMap(([id = '', type, size]) => (type === 'blob' ? [[id, Number(size)] as const] : [])));
}

/** `<id> blob <size>LF<contents>LF` for each (git-cat-file(1), --batch). */
async function contentsOf(given: FetchGiven, entries: readonly Entry[]): Promise<SnapshotFile[]> {
  const input = entries.map(({ id }) => `${id}\n`).join('');
  const { out } = await runGit(given, { args: ['cat-file', '--batch'], input, most: MOST_BYTES + entries.length * 100 });
  let at = 0;
  return entries.map(({ name }) => {
    const end = out.indexOf(0x0a, at);
    const size = Number(out.subarray(at, end).toString('latin1').split(' ')[2]);
    if (end < 0 || !Number.isSafeInteger(size)) throw new ProblemError(problem('internal', { what: 'git cat-file ended early' }));
    at = end + 1 + size + 1;
    return { name, bytes: out.subarray(end + 1, end + 1 + size) };
  });
}
