import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Problem, problem, ProblemError } from '../../model/problem.ts';
import { makeFolder } from '../../platform/private-dir.ts';

export type ToWrite = { readonly file: string; readonly text: string };

/**
 * Writes all the files or none. What is there already is never overwritten without `force`, also where it appears meanwhile.
 * Throws `profile-exists` or `profile-unwritable`; then everything is as it was.
 */
export function writeProfiles(files: readonly ToWrite[], { force }: { readonly force: boolean }): void {
  const taken = files.flatMap(({ file }) => rivalsOf(file).filter((rival) => !force || rival !== file));
  if (taken.length > 0) throw new ProblemError(problem('profile-exists', { files: taken.join('\n') }));
  const undo: (() => void)[] = [];
  try {
    for (const file of files) undo.push(...place(file, { force }));
    for (const { file } of files) rmSync(backupOf(file), { force: true });
  } catch (error) {
    for (const step of undo.toReversed()) step();
    throw new ProblemError(problemWith(error as LinkError, files), { cause: error });
  }
}

type LinkError = NodeJS.ErrnoException & { readonly dest?: string };

/** Only a link that meets a file says that a profile is there; a folder's name may be taken by a file too. */
function problemWith({ code = 'unknown', syscall, path, dest }: LinkError, files: readonly ToWrite[]): Problem {
  if (code === 'EEXIST' && syscall === 'link') return problem('profile-exists', { files: dest ?? '' });
  return problem('profile-unwritable', { path: dest ?? path ?? files[0]?.file ?? '', code });
}

/** Files that would be the same profile. */
const rivalsOf = (file: string): string[] =>
  ['.yaml', '.yml', '.json'].map((extension) => file.replace(/\.yaml$/, extension)).filter((name) => existsSync(name));

const aside = (file: string, what: string): string => join(dirname(file), `.${basename(file)}.${process.pid}.${what}`);
const backupOf = (file: string): string => aside(file, 'before');

/** Puts one file in its place, whole from the first moment; gives what takes that back. */
function place({ file, text }: ToWrite, { force }: { readonly force: boolean }): (() => void)[] {
  makeFolder(dirname(file));
  const fresh = aside(file, 'new');
  try {
    writeFileSync(fresh, text, { flag: 'wx' });
    if (!force || !existsSync(file)) {
      // A link, unlike a rename, takes nobody's place.
      linkSync(fresh, file);
      return [() => rmSync(file, { force: true })];
    }
    const before = backupOf(file);
    linkSync(file, before);
    renameSync(fresh, file);
    return [() => renameSync(before, file)];
  } finally {
    rmSync(fresh, { force: true });
  }
}
