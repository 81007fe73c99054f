import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { nearest } from '../../model/nearest.ts';
import { hasExtension, withoutExtension } from '../profile-name.ts';
import { isInside } from '../project-folders.ts';
import type { Reader, ReadOutcome, Scope } from './reader.ts';

type Given = { readonly from: string; readonly scope: Scope; readonly read: Reader };
type Found = Exclude<ReadOutcome, { readonly is: 'absent' }> | { readonly is: 'absent'; readonly nearest: string };

/** The file that `extends: text` means, seen from the file that says it: a name or relative path, with or without extension. */
export async function findBase(text: string, { from, scope, read }: Given): Promise<Found> {
  const path = resolve(dirname(from), text);
  const candidates = hasExtension(text) ? [path] : EXTENSIONS.map((extension) => `${path}${extension}`);
  // Looked at before anything is read: what lies outside is not even asked whether it is there.
  if (isAbsolute(text) || text.includes('\0') || !candidates.every((file) => isInside(file, resolve(scope.folder))))
    return { is: 'leaves' };
  for (const file of candidates) {
    const outcome = await read(file, { scope, kind: 'beside' });
    if (outcome.is !== 'absent') return outcome;
  }
  return { is: 'absent', nearest: nearest(basename(path), await namesIn(dirname(path))) };
}

const EXTENSIONS = ['.yaml', '.yml', '.json'] as const;

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter(hasExtension).map(withoutExtension);
}
