import { homeDirectory, type Paths } from '../platform/paths.ts';
import type { FileError } from './file-error.ts';
import { listFolder, type Listed } from './list-folder.ts';
import { projectFolders } from './project-folders.ts';
import { projectSource, userSource, type Source } from './source.ts';
import { teamFolders } from './sources/team-folders.ts';

export type FoundProfile = {
  readonly name: string;
  readonly file: string;
  readonly source: Source;
  /** The file of the profile that is used in place of this one; null: this one is used. */
  readonly shadowedBy: string | null;
};

export type FoundProfiles = {
  /** In the order of the sources, by name within each. */
  readonly profiles: readonly FoundProfile[];
  /** Files and folders that cannot be used. */
  readonly errors: readonly FileError[];
};

/** `states`: of a team's sources those that are in use, or the newest that were fetched. */
type Given = { readonly cwd: string; readonly paths: Paths; readonly home?: string; readonly states?: 'in-use' | 'newest' };

/**
 * Lists the profiles of the repository's `.tunnels/` folders, the nearest first, then the user's own, then those of the
 * team's sources in the order in which they were added. The first of a name wins.
 */
export async function findProfiles({ cwd, paths, home = homeDirectory(process.env), states = 'in-use' }: Given): Promise<FoundProfiles> {
  const own = new Set([paths.config, paths.state, paths.runtime, paths.profiles]);
  // TUNNELS_HOME may be ~/.tunnels: what lies there are settings, not profiles.
  const folders = (await projectFolders(cwd, home)).filter((folder) => !own.has(folder));
  const team = teamFolders(paths, states);
  const listed = await Promise.all([
    ...folders.map((folder) => listFolder(projectSource(folder), { linksMayLeave: false })),
    // The user's own links may lead anywhere, as into a folder of dotfiles.
    listFolder(userSource(paths.profiles), { linksMayLeave: true }),
    // A state of a source has no links: we wrote it.
    ...team.sources.map((source) => listFolder(source, { linksMayLeave: source.team?.id !== null })),
  ]);
  return {
    profiles: shadowed(listed.flatMap(({ profiles }) => profiles)),
    errors: [...listed.flatMap(({ errors }) => errors), ...team.errors],
  };
}

function shadowed(profiles: readonly Listed[]): FoundProfile[] {
  const winners = new Map<string, string>();
  return profiles.map((profile) => {
    const shadowedBy = winners.get(profile.name) ?? null;
    if (shadowedBy === null) winners.set(profile.name, profile.file);
    return { ...profile, shadowedBy };
  });
}
