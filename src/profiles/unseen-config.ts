import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { issueAt } from '../model/profile-issue.ts';
import { partAt, type Mapping, type Scalar } from './compose/part.ts';
import type { Scope } from './compose/reader.ts';
import { errorAt, type FileError } from './file-error.ts';
import { isInside } from './project-folders.ts';

/**
 * What a profile of others would have read that is not part of what is trusted: an ssh_config that lies where others write, and
 * Include, which reads any file. Either could run another command tomorrow, with nobody asked.
 */
export function unseenConfig(root: Mapping, { scope, home }: { readonly scope: Scope; readonly home: string }): FileError[] {
  if (scope.linksMayLeave) return [];
  const config = textAt(root, ['sshConfig']);
  const options = partAt(root, ['sshOptions']);
  const includes =
    options?.is === 'list' ? options.items.filter((item) => item.is === 'scalar' && /^\s*include\b/i.test(String(item.value))) : [];
  return [
    ...(config !== null && isOfOthers(config, { scope, home })
      ? [errorAt(config.at, issueAt([], 'config-unseen', { text: String(config.value) }))]
      : []),
    ...includes.map(({ at }) => errorAt(at, issueAt([], 'config-unseen', { text: 'Include' }))),
  ];
}

function textAt(root: Mapping, path: readonly string[]): Scalar | null {
  const part = partAt(root, path);
  return part?.is === 'scalar' && typeof part.value === 'string' && part.value !== 'none' ? part : null;
}

function isOfOthers({ value, at }: Scalar, { scope, home }: { readonly scope: Scope; readonly home: string }): boolean {
  const text = String(value);
  const path = text.startsWith('~/') ? join(home, text.slice(2)) : resolve(dirname(at.file), text);
  const folder = resolve(scope.folder);
  // `.tunnels` is one folder of a repository, and all of that is others'.
  const theirs = basename(folder) === '.tunnels' ? dirname(folder) : folder;
  return isInside(path, theirs) || isInside(realOf(path), realOf(theirs));
}

/** Behind all links; of what is not there, as it stands. */
function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
