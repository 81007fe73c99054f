import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { problem, ProblemError } from '../../model/problem.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { createReader, type Reader } from '../../profiles/compose/reader.ts';
import { type FileError, sortErrors } from '../../profiles/file-error.ts';
import type { FoundProfile } from '../../profiles/find-profiles.ts';
import { lint } from '../../profiles/lint/lint.ts';
import type { Linted, LintFinding } from '../../profiles/lint/linted.ts';
import { ownKnowledge } from '../../profiles/lint/own-known-hosts.ts';
import { listFolder } from '../../profiles/list-folder.ts';
import { loadProfile, type LoadedProfile, profileErrors, profileNameOf } from '../../profiles/load-profile.ts';
import { strangeProfiles } from '../../profiles/overlay/apply-overlay.ts';
import { overlayFile, readOverlay } from '../../profiles/overlay/read-overlay.ts';
import { projectSource, scopeOf, userSource } from '../../profiles/source.ts';
import type { Context } from '../command.ts';
import { allProfiles, loadAll, pickProfiles, type ProfileFile, tell } from '../profile-files.ts';

/** One file and all that is wrong with it. */
type Checked = { readonly name: string; readonly file: string; readonly errors: readonly FileError[] };

export type Validation = { readonly profiles: readonly Checked[]; readonly findings: readonly LintFinding[] };

type One = Checked & { readonly linted: Linted | null };

/** Checks what words mean: names, groups and patterns, files, folders; all profiles without words. Each alone, and beside each other. */
export async function validate(words: readonly string[], context: Context): Promise<Validation> {
  const all = words.length === 0 ? await checkAll(context) : (await Promise.all(words.map((word) => checkWord(word, context)))).flat();
  const profiles = all.map(({ name, file, errors }) => ({ name, file, errors }));
  const findings = lint(
    all.flatMap(({ linted }) => linted ?? []),
    { own: words.some(isPath) ? null : ownKnowledge(homeDirectory(context.env)) },
  );
  return { profiles, findings };
}

async function checkAll(context: Context): Promise<One[]> {
  const found = await allProfiles(context);
  const names = found.profiles.map(({ name }) => name);
  const own = await readOverlay(context.paths.config);
  if (own.ok) tell(strangeProfiles(own.value, names), context);
  return [...(await checkEach(await loadAll(found.profiles, context), context)), ...found.errors.map(unusable)];
}

const unusable = (error: FileError): One => ({ name: profileNameOf(error.file), file: error.file, errors: [error], linted: null });

/** Files and folders are checked for whoever shares them, and names for the one who asks. */
const isPath = (word: string): boolean => /\/|^\.|\.(ya?ml|json)$/.test(word);

/** A word with a slash, of a folder that begins with a dot, or with a profile's extension is a path; anything else a name, group or pattern. */
async function checkWord(word: string, context: Context): Promise<One[]> {
  const path = resolve(context.cwd, word);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && isPath(word)) return await checkFolder(path, context);
  if (!isPath(word)) {
    const picked = pickProfiles([word], context).catch((error: unknown) => {
      throw isFolder && isNotFound(error) ? folderMeant(word) : error;
    });
    return await checkEach(await picked, context);
  }
  const found = { name: profileNameOf(path), file: path, source: userSource(dirname(path)), shadowedBy: null };
  return [await checkShared(found, { context, read: createReader() })];
}

const isNotFound = (error: unknown): boolean => error instanceof ProblemError && error.problem.code === 'profile-not-found';

const folderMeant = (word: string): ProblemError =>
  new ProblemError(
    problem('usage', { what: `There is no profile ${word}.`, fix: `For the folder of that name: tunnels profiles validate ./${word}` }),
  );

/** As a team shares it: nothing of the person's own is in it. An empty folder is a mistake, or a wrong path would pass for ever. */
async function checkFolder(folder: string, context: Context): Promise<One[]> {
  const { profiles, errors } = await listFolder(projectSource(folder), { linksMayLeave: false });
  if (profiles.length + errors.length === 0)
    throw new ProblemError(problem('usage', { what: `There are no profiles in ${folder}.`, fix: 'Name a folder with .yaml files in it.' }));
  const read = createReader();
  const first = new Map<string, string>();
  const checked = profiles.map((profile) => {
    const shadowedBy = first.get(profile.name) ?? null;
    if (shadowedBy === null) first.set(profile.name, profile.file);
    return checkShared({ ...profile, shadowedBy }, { context, read });
  });
  return [...(await Promise.all(checked)), ...errors.map(unusable)];
}

type Given = { readonly context: Context; readonly read: Reader };

async function checkShared(found: FoundProfile, { context: { env }, read }: Given): Promise<One> {
  const { name, file, source } = found;
  const given = { home: homeDirectory(env), scope: scopeOf(source), read };
  const errors = await profileErrors(file, given);
  const loaded = errors.length === 0 ? await loadProfile(file, given) : null;
  return { name, file, errors, linted: lintedOf(found, loaded?.ok === true ? loaded.value : null) };
}

/** What is wrong for everybody, and beside it what the person's own changes make wrong. */
async function checkEach(files: readonly ProfileFile[], { env, paths }: Context): Promise<One[]> {
  const [read, own] = [createReader(), overlayFile(paths.config)];
  return await Promise.all(
    files.map(async (found) => {
      const { name, file, source, errors, loaded } = found;
      const shared = await profileErrors(file, { home: homeDirectory(env), scope: scopeOf(source), read });
      const all = sortErrors([...shared, ...errors.filter((error) => error.file === own)]);
      return { name, file, errors: all, linted: lintedOf(found, loaded) };
    }),
  );
}

/** One whose variables have no value yet cannot be looked at beside others. */
const lintedOf = (found: FoundProfile, loaded: LoadedProfile | null): Linted | null => (loaded === null ? null : { ...found, loaded });
