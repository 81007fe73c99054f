import { lstat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';

/**
 * The `.tunnels` folders that belong to a working directory, the nearest first.
 * Within a repository (a parent holds `.git`): up to its root. Without one: up to the user's home, and outside
 * of that only the working directory itself, so that nobody's `/tmp/.tunnels` is ever found from `/tmp/work`.
 */
export async function projectFolders(cwd: string, home: string): Promise<string[]> {
  const parents = parentsOf(resolve(cwd));
  const root = await repositoryRoot(parents);
  const last = root ?? (isInside(resolve(cwd), resolve(home)) ? resolve(home) : resolve(cwd));
  const folders = parents.slice(0, parents.indexOf(last) + 1).map((parent) => join(parent, '.tunnels'));
  const present = await Promise.all(folders.map(exists));
  return folders.filter((_folder, index) => present[index]);
}

/** The directory itself first. */
function parentsOf(directory: string): string[] {
  const parent = dirname(directory);
  return parent === directory ? [directory] : [directory, ...parentsOf(parent)];
}

async function repositoryRoot(parents: readonly string[]): Promise<string | null> {
  // In a worktree or submodule .git is a file.
  const marked = await Promise.all(parents.map((parent) => exists(join(parent, '.git'))));
  return parents[marked.indexOf(true)] ?? null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}

export const isInside = (path: string, directory: string): boolean => {
  const way = relative(directory, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(directory, way) === path;
};
