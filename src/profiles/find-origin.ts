import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Paths } from '../platform/paths.ts';
import type { FoundProfile } from './find-profiles.ts';
import { profileNameOf } from './load-profile.ts';
import { isInside } from './project-folders.ts';
import { projectSource, userSource, type Source } from './source.ts';
import { sourceFolder } from './sources/state/places.ts';
import { teamFolders } from './sources/team-folders.ts';

/**
 * The profile that a tunnel was made of, as it is now, wherever one stands. Of a team's source it is the file of the state
 * that is in use by now. Null where it is none of a file: a tunnel of the command line.
 */
export function profileOfOrigin(origin: string, paths: Paths): FoundProfile | null {
  if (!isAbsolute(origin)) return null;
  const source = sourceAt(origin, paths);
  const file = source === null ? null : join(source.directory, basename(origin));
  return source === null || file === null ? null : { name: profileNameOf(file), file, source, shadowedBy: null };
}

function sourceAt(origin: string, paths: Paths): Source | null {
  const folder = dirname(origin);
  if (folder === paths.profiles) return userSource(folder);
  const team = teamFolders(paths).sources.find(
    ({ directory, team: of }) => directory === folder || (of !== undefined && isInside(origin, sourceFolder(paths, of.name))),
  );
  if (team !== undefined) return team;
  return basename(folder) === '.tunnels' ? projectSource(folder) : null;
}
