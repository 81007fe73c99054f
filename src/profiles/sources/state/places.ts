import { join } from 'node:path';
import type { Paths } from '../../../platform/paths.ts';

/** Everything that is kept of the sources, but not their list, which is a setting. */
export const sourcesFolder = (paths: Paths): string => join(paths.state, 'sources');

/** Everything that is kept of one source. */
export const sourceFolder = (paths: Paths, name: string): string => join(sourcesFolder(paths), name);

/** The bare repository that git fetches into. */
export const gitFolder = (paths: Paths, name: string): string => join(sourceFolder(paths, name), 'git');

/** A state of the source as it was: `id` is the commit, or the SHA-256 of the one file. Never changed once it is there. */
export const snapshotFolder = (paths: Paths, { name, id }: { readonly name: string; readonly id: string }): string =>
  join(sourceFolder(paths, name), id);

/** The files of a snapshot, for whoever reads profiles. */
export const profilesIn = (snapshot: string): string => join(snapshot, 'profiles');

export const isSnapshotId = (text: string): boolean => /^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(text);
