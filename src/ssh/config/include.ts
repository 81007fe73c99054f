import { readFile, readdir } from 'node:fs/promises';
import { dirname, basename, join, resolve } from 'node:path';
import type { Hop } from '../../model/profile.ts';
import { matchesPattern } from '../../model/host-patterns.ts';
import { configInvalid } from './config-invalid.ts';
import type { LocalUser } from './local-user.ts';

/** The text of a configuration file; null where there is none and none is required. */
export async function readConfig(hop: Hop, path: string, { required }: { required: boolean }): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return null;
    throw configInvalid(hop, `${path} cannot be read (${code}).`);
  }
}

/** The files that an Include names, in order. Wildcards are known in the last part of the path. */
export async function includedFiles(pattern: string, user: LocalUser): Promise<string[]> {
  const path = pattern.startsWith('~/') ? join(user.home, pattern.slice(2)) : resolve(user.home, '.ssh', pattern);
  if (!/[*?]/.test(basename(path))) return [path];
  const names = await readdir(dirname(path)).catch(() => []);
  // As glob(7): a leading dot is matched by a dot only.
  const matching = names.filter(
    (name) => matchesPattern(name, basename(path)) && (!name.startsWith('.') || basename(path).startsWith('.')),
  );
  return matching.toSorted().map((name) => join(dirname(path), name));
}
