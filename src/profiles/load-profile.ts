import { basename, dirname, resolve } from 'node:path';
import { isAboutKey, wordsOfIssue, type ShapeIssue } from '../model/profile-issue.ts';
import type { ProfileDocument } from '../model/profile-shape.ts';
import type { Profile } from '../model/profile.ts';
import { checkDocument, readProfile } from '../model/read-profile.ts';
import { fail, ok, type Result } from '../model/result.ts';
import { homeDirectory } from '../platform/paths.ts';
import { absolutePaths } from './absolute-paths.ts';
import { sortErrors, type FileError } from './file-error.ts';
import { parseYaml, type Parsed } from './parse-yaml.ts';
import { readText } from './read-text.ts';

export type LoadedProfile = {
  readonly profile: Profile;
  /** What the file says, as data, with every path absolute. This is what the supervisor is sent. */
  readonly document: ProfileDocument;
  readonly file: string;
  /** SHA-256 (hex) of the bytes that were read: what a person trusts. */
  readonly sha256: string;
};

/** Reads and checks one file (YAML or JSON). Its name without the extension is the profile's. All errors at once; never throws. */
export async function loadProfile(file: string, given = { home: homeDirectory(process.env) }): Promise<Result<LoadedProfile, FileError[]>> {
  const read = await readText(file);
  if (!read.ok) return fail([{ file, ...read.error }]);
  const parsed = parseYaml(read.value.text);
  if (!parsed.ok) return fail(sortErrors(parsed.error.map((error) => ({ file, ...error }))));
  return check(parsed.value, { file, home: given.home, sha256: read.value.sha256 });
}

type Origin = { readonly file: string; readonly home: string; readonly sha256: string };

function check(parsed: Parsed, { file, home, sha256 }: Origin): Result<LoadedProfile, FileError[]> {
  const checked = checkDocument(parsed.data);
  const bases = { home, base: dirname(resolve(file)) };
  const document = checked.ok ? absolutePaths(checked.value, bases) : null;
  // Read once more where the paths are absolute; where there are errors, for those of the name too.
  const profile = readProfile(profileNameOf(file), document ?? parsed.data);
  if (profile.ok && document !== null) return ok({ profile: profile.value, document, file, sha256 });
  return fail(sortErrors(profile.ok ? [] : profile.error.map((issue) => located(issue, { file, parsed }))));
}

/** `~/p/db-prod.yaml` is the profile `db-prod`. */
export const profileNameOf = (file: string): string => basename(file).replace(/\.(ya?ml|json)$/, '');

function located(issue: ShapeIssue, { file, parsed }: { file: string; parsed: Parsed }): FileError {
  const position = parsed.locate(issue.path, isAboutKey(issue.code) ? 'key' : 'value');
  return { file, ...position, text: wordsOfIssue(issue) };
}
