import { problem, ProblemError } from '../model/problem.ts';
import { homeDirectory } from '../platform/paths.ts';
import { type FileError, printFileError, profileInvalid } from '../profiles/file-error.ts';
import { findProfiles, type FoundProfile, type FoundProfiles } from '../profiles/find-profiles.ts';
import { loadProfile, type LoadedProfile } from '../profiles/load-profile.ts';
import { selectProfiles } from '../profiles/select-profiles.ts';
import { readApprovals } from './approvals.ts';
import type { Context } from './command.ts';

/** A profile as it is on disk: checked, or with all that is wrong with it. */
export type ProfileFile = FoundProfile & {
  readonly loaded: LoadedProfile | null;
  readonly errors: readonly FileError[];
  /** Needs no trust, or has it for exactly what the file says now. */
  readonly trusted: boolean;
};

export const allProfiles = (context: Context): Promise<FoundProfiles> =>
  findProfiles({ cwd: context.cwd, paths: context.paths, home: homeDirectory(context.env) });

export const profileNames = async (context: Context): Promise<string[]> => (await allProfiles(context)).profiles.map(({ name }) => name);

/**
 * The profiles that names, patterns and groups mean, loaded. Throws `profile-not-found`.
 * Files that may belong to a group but cannot be read are told, not left out in silence.
 */
export async function pickProfiles(words: readonly string[], context: Context): Promise<ProfileFile[]> {
  const found = await allProfiles(context);
  try {
    const { profiles, unread } = await selectProfiles(found, words);
    tell(unread, context);
    return await loadAll(profiles, context);
  } catch (error) {
    // The one that was not found may be among those that cannot be used.
    tell(found.errors, context);
    throw error;
  }
}

export async function loadAll(found: readonly FoundProfile[], context: Context): Promise<ProfileFile[]> {
  const isApproved = found.some(({ source }) => source.needsTrust) ? readApprovals(context.paths) : () => false;
  return await Promise.all(
    found.map(async (profile) => {
      const result = await loadProfile(profile.file, { home: homeDirectory(context.env) });
      if (!result.ok) return { ...profile, loaded: null, errors: result.error, trusted: !profile.source.needsTrust };
      const trusted = !profile.source.needsTrust || isApproved(result.value);
      return { ...profile, loaded: result.value, errors: [], trusted };
    }),
  );
}

/** Throws when any of them has errors (all are told at once) or is not trusted; nothing may be started then. */
export function checkedProfiles(files: readonly ProfileFile[]): readonly LoadedProfile[] {
  const loaded = checkFiles(files);
  const stranger = files.find(({ trusted }) => !trusted);
  if (stranger === undefined) return loaded;
  throw new ProblemError(problem('profile-untrusted', { name: stranger.name, source: stranger.source.directory }));
}

/** The same without a look at trust. */
export function checkFiles(files: readonly ProfileFile[]): readonly LoadedProfile[] {
  const invalid = files.filter(({ loaded }) => loaded === null);
  const errors = invalid.flatMap((file) => file.errors);
  if (invalid.length > 0) throw new ProblemError(profileInvalid(invalid.map(({ name }) => name).join(', '), errors));
  return files.flatMap(({ loaded }) => (loaded === null ? [] : [loaded]));
}

export function tell(errors: readonly FileError[], { screen }: Context): void {
  for (const error of errors) screen.say(`${screen.errInk.yellow('!')} ${printFileError(error)}`);
}
