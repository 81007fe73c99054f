import { problem, ProblemError } from '../model/problem.ts';
import { homeDirectory } from '../platform/paths.ts';
import { fail, type Result } from '../model/result.ts';
import { createReader, type Reader } from '../profiles/compose/reader.ts';
import { type FileError, printFileError, profileInvalid, sortErrors } from '../profiles/file-error.ts';
import { findProfiles, type FoundProfile, type FoundProfiles } from '../profiles/find-profiles.ts';
import { loadProfile, type LoadedProfile, profileErrors } from '../profiles/load-profile.ts';
import { NO_OVERLAY, type Overlay } from '../profiles/overlay/overlay.ts';
import { readOverlay } from '../profiles/overlay/read-overlay.ts';
import { selectProfiles } from '../profiles/select-profiles.ts';
import { scopeOf } from '../profiles/source.ts';
import { type IsTrusted, readTrust } from './approvals.ts';
import type { Context } from './command.ts';

/** A profile as it is on disk: checked, or with all that is wrong with it. */
export type ProfileFile = FoundProfile & {
  readonly loaded: LoadedProfile | null;
  readonly errors: readonly FileError[];
  /** Needs no trust, or has it for exactly what the file says now. */
  readonly trusted: boolean;
};

/** `newest`: of a team's sources what was fetched last, whether it is in use yet or not. */
export const allProfiles = ({ cwd, paths, env }: Context, states: 'in-use' | 'newest' = 'in-use'): Promise<FoundProfiles> =>
  findProfiles({ cwd, paths, home: homeDirectory(env), states });

export const profileNames = async (context: Context): Promise<string[]> => (await allProfiles(context)).profiles.map(({ name }) => name);

/**
 * The profiles that names, patterns and groups mean, loaded. Throws `profile-not-found`.
 * Files that may belong to a group but cannot be read are told, not left out in silence.
 */
export const pickProfiles = async (words: readonly string[], context: Context): Promise<ProfileFile[]> =>
  await pickAmong(await allProfiles(context), words, context);

/** The same among those that were found. */
export async function pickAmong(found: FoundProfiles, words: readonly string[], context: Context): Promise<ProfileFile[]> {
  const loading = await startLoading(context);
  try {
    const { profiles, unread } = await selectProfiles(found, words, loading);
    tell(unread, context);
    return await loadWith(loading, profiles, context);
  } catch (error) {
    // The one that was not found may be among those that cannot be used.
    tell(found.errors, context);
    throw error;
  }
}

export const loadAll = async (found: readonly FoundProfile[], context: Context): Promise<ProfileFile[]> =>
  await loadWith(await startLoading(context), found, context);

/** What one command reads of profiles is of one moment: each file is read once. */
type Loading = { readonly read: Reader; readonly overlay: Overlay; readonly overlayErrors: readonly FileError[] };

async function startLoading({ paths }: Context): Promise<Loading> {
  const own = await readOverlay(paths.config);
  return { read: createReader(), overlay: own.ok ? own.value : NO_OVERLAY, overlayErrors: own.ok ? [] : own.error };
}

async function loadWith(loading: Loading, found: readonly FoundProfile[], context: Context): Promise<ProfileFile[]> {
  const isTrusted = readTrust(context.paths);
  const files = await Promise.all(
    found.map(async (profile) => fileOf(profile, { result: await load(profile, loading, context), isTrusted })),
  );
  tell(
    files.flatMap(({ loaded, shadowedBy }) => (shadowedBy === null ? (loaded?.warnings ?? []) : [])),
    context,
  );
  return files;
}

/** A person's own changes that cannot be read keep everything from being used: a profile without them may log in as somebody else. */
async function load({ file, source }: FoundProfile, { read, overlay, overlayErrors }: Loading, { env }: Context): Promise<Loaded> {
  const given = { home: homeDirectory(env), scope: scopeOf(source), read, overlay };
  if (overlayErrors.length === 0) return await loadProfile(file, given);
  return fail([...(await profileErrors(file, given)), ...overlayErrors]);
}

type Loaded = Result<LoadedProfile, FileError[]>;
type Outcome = { readonly result: Loaded; readonly isTrusted: IsTrusted };

function fileOf(profile: FoundProfile, { result, isTrusted }: Outcome): ProfileFile {
  const { needsTrust } = profile.source;
  if (!result.ok) return { ...profile, loaded: null, errors: result.error, trusted: !needsTrust };
  return {
    ...profile,
    loaded: result.value,
    errors: [],
    trusted: isTrusted(profile, result.value.sha256),
  };
}

/** Throws when any of them has errors (all are told at once) or is not trusted; nothing may be started then. */
export function checkedProfiles(files: readonly ProfileFile[]): readonly LoadedProfile[] {
  const loaded = checkFiles(files);
  const stranger = files.find(({ trusted }) => !trusted);
  if (stranger === undefined) return loaded;
  throw new ProblemError(
    problem('profile-untrusted', { name: stranger.name, source: stranger.source.team?.name ?? stranger.source.directory }),
  );
}

/** The same without a look at trust. */
export function checkFiles(files: readonly ProfileFile[]): readonly LoadedProfile[] {
  const invalid = files.filter(({ loaded }) => loaded === null);
  const errors = sortErrors(invalid.flatMap((file) => file.errors));
  if (invalid.length > 0) throw new ProblemError(profileInvalid(invalid.map(({ name }) => name).join(', '), errors));
  return files.flatMap(({ loaded }) => (loaded === null ? [] : [loaded]));
}

export function tell(errors: readonly FileError[], { screen }: Context): void {
  for (const error of sortErrors(errors)) screen.say(`${screen.errInk.yellow('!')} ${printFileError(error)}`);
}
