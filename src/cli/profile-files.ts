import { type Problem, problem, ProblemError } from '../model/problem.ts';
import { homeDirectory, type Paths } from '../platform/paths.ts';
import { createReader, type Reader } from '../profiles/compose/reader.ts';
import { type FileError, printFileError, printSpot, profileInvalid, sortErrors } from '../profiles/file-error.ts';
import { findProfiles, type FoundProfile, type FoundProfiles } from '../profiles/find-profiles.ts';
import { type LoadedProfile, loadOrPreview, type Loading as Read, type OpenProfile, profileErrors } from '../profiles/load-profile.ts';
import { NO_OVERLAY, type Overlay } from '../profiles/overlay/overlay.ts';
import { overlayFile, readOverlay } from '../profiles/overlay/read-overlay.ts';
import { selectProfiles } from '../profiles/select-profiles.ts';
import { scopeOf } from '../profiles/source.ts';
import { type IsTrusted, readTrust } from './approvals.ts';
import type { Context } from './command.ts';

/** A profile as it is on disk: checked, or with all that is wrong with it. */
export type ProfileFile = FoundProfile & {
  readonly loaded: LoadedProfile | null;
  /** Where nothing but values of variables is missing, which is among the errors too. */
  readonly open: OpenProfile | null;
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
    found.map(async (profile) => fileOf(profile, { read: await load(profile, loading, context), isTrusted })),
  );
  tell(
    files.flatMap(({ loaded, shadowedBy }) => (shadowedBy === null ? (loaded?.warnings ?? []) : [])),
    context,
  );
  return files;
}

/** A person's own changes that cannot be read keep everything from being used: a profile without them may log in as somebody else. */
async function load({ file, source }: FoundProfile, { read, overlay, overlayErrors }: Loading, { env }: Context): Promise<Read> {
  const given = { home: homeDirectory(env), scope: scopeOf(source), read, overlay };
  if (overlayErrors.length === 0) return await loadOrPreview(file, given);
  return { is: 'broken', errors: [...(await profileErrors(file, given)), ...overlayErrors] };
}

type Outcome = { readonly read: Read; readonly isTrusted: IsTrusted };

function fileOf(profile: FoundProfile, { read, isTrusted }: Outcome): ProfileFile {
  if (read.is === 'broken') return { ...profile, loaded: null, open: null, errors: read.errors, trusted: !profile.source.needsTrust };
  if (read.is === 'whole')
    return { ...profile, loaded: read.loaded, open: null, errors: [], trusted: isTrusted(profile, read.loaded.sha256) };
  const { open } = read;
  return { ...profile, loaded: null, open, errors: open.missing, trusted: isTrusted(profile, open.preview.sha256) };
}

/**
 * Throws when any of them has errors (all are told at once), is not trusted or lacks values of variables; nothing may be
 * started then.
 */
export function checkedProfiles(files: readonly ProfileFile[], { paths }: Context): readonly LoadedProfile[] {
  checkFiles(files);
  const strangers = files.filter(({ trusted }) => !trusted);
  if (strangers.length > 0) throw new ProblemError(untrusted(strangers));
  const open = files.filter((file) => file.open !== null);
  if (open.length > 0) throw new ProblemError(valuesMissing(open, paths));
  return files.flatMap(({ loaded }) => loaded ?? []);
}

const untrusted = (files: readonly ProfileFile[]): Problem =>
  problem('profile-untrusted', {
    name: files.map(({ name }) => name).join(' '),
    source: [...new Set(files.map(({ source }) => source.team?.name ?? source.directory))].join(', '),
  });

/** Throws when any of them has errors; that values of variables are missing is none. */
export function checkFiles(files: readonly ProfileFile[]): void {
  const invalid = files.filter(({ loaded, open }) => loaded === null && open === null);
  const errors = sortErrors(invalid.flatMap((file) => file.errors));
  if (invalid.length > 0) throw new ProblemError(profileInvalid(invalid.map(({ name }) => name).join(', '), errors));
}

/** What is missing of profiles that are open, with the lines of the person's own file that give it. */
export function valuesMissing(files: readonly Pick<ProfileFile, 'name' | 'open'>[], { config }: Paths): Problem {
  const missing = files.flatMap(({ name, open }) => (open === null ? [] : [{ name, missing: open.missing }]));
  const all = missing.flatMap((one) => one.missing);
  const lines = missing.flatMap((one) => [
    `  ${one.name}:`,
    '    variables:',
    ...one.missing.map(({ variable }) => `      ${variable}: ...`),
  ]);
  return problem('profile-values-missing', {
    name: missing.map(({ name }) => name).join(', '),
    values: [...new Set(all.map(({ variable }) => variable))].join(', '),
    errors: [...new Set(all.map((one) => `${printSpot(one)} ${one.variable}`))].join('\n'),
    file: overlayFile(config),
    lines: ['profiles:', ...lines].map((line) => `    ${line}`).join('\n'),
  });
}

export function tell(errors: readonly FileError[], { screen }: Context): void {
  for (const error of sortErrors(errors)) screen.say(`${screen.errInk.yellow('!')} ${printFileError(error)}`);
}
