import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { issueAt, wordsOfIssue } from '../model/profile-issue.ts';
import { isProfileName } from '../model/profile.ts';
import type { FileError } from './file-error.ts';
import { profileNameOf } from './load-profile.ts';
import { isInside } from './project-folders.ts';
import type { Source } from './source.ts';

export type Listed = { readonly name: string; readonly file: string; readonly source: Source };
type Folder = { readonly profiles: readonly Listed[]; readonly errors: readonly FileError[] };

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);

/** The profiles directly in a folder, by name. A folder that does not exist has none; one that cannot be read is an error. */
export async function listFolder(source: Source, options: { readonly linksMayLeave: boolean }): Promise<Folder> {
  const entries = await entriesOf(source.directory);
  if (typeof entries === 'string') return { profiles: [], errors: [errorOf(source.directory, `The folder cannot be read (${entries}).`)] };
  const found = entries.filter(({ name }) => isProfileFile(name)).toSorted((a, b) => byName(a.name, b.name));
  const files = found.map(({ name }) => join(source.directory, name));
  // Where the folder is one of the project's own, only a link in it can lead out.
  const own = options.linksMayLeave || (await staysInFolder(source.directory, source.directory));
  const errors = await Promise.all(
    files.map((file, index) => errorIn(file, { mayBeRead: own && (options.linksMayLeave || found[index]?.isSymbolicLink() === false) })),
  );
  return {
    profiles: files.filter((_file, index) => errors[index] === null).map((file) => ({ name: profileNameOf(file), file, source })),
    errors: errors.filter((error) => error !== null),
  };
}

/** What is in it, or the code of the error. */
async function entriesOf(directory: string): Promise<Dirent[] | string> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return code === 'ENOENT' ? [] : code;
  }
}

/**
 * The schema for editors often lies beside the profiles, and is JSON too. What begins with an underscore is there for
 * profiles to build upon: bases, and the defaults of the folder.
 */
const isProfileFile = (name: string): boolean => EXTENSIONS.has(extname(name)) && !/^[._]/.test(name) && !name.endsWith('.schema.json');

/** By the profile's name; of one name, `.yaml` before `.yml` before `.json`. */
function byName(a: string, b: string): number {
  const [first, second] = [profileNameOf(a), profileNameOf(b)];
  if (first !== second) return first < second ? -1 : 1;
  const order = [...EXTENSIONS];
  return order.indexOf(extname(a)) - order.indexOf(extname(b));
}

async function errorIn(file: string, { mayBeRead }: { readonly mayBeRead: boolean }): Promise<FileError | null> {
  const name = profileNameOf(file);
  if (!isProfileName(name)) return errorOf(file, wordsOfIssue(issueAt([], 'bad-name', { name })));
  if (mayBeRead || (await staysInFolder(file, dirname(file)))) return null;
  return errorOf(file, 'This link leads out of its folder, so it is not followed. Put the profile itself here.');
}

/** The folder may be a link too: it is resolved from its parent, so that it may not leave the project either. */
async function staysInFolder(file: string, folder: string): Promise<boolean> {
  try {
    return isInside(await realpath(file), join(await realpath(dirname(folder)), basename(folder)));
  } catch {
    // A link that leads nowhere is told when it is read.
    return true;
  }
}

const errorOf = (file: string, text: string): FileError => ({ file, line: 1, column: 1, text });
