import { dirname, resolve } from 'node:path';
import { isAboutKey, wordsOfIssue, type IssueCode, type ShapeIssue } from '../../model/profile-issue.ts';
import { findSecrets } from '../../model/profile-secrets.ts';
import type { ProfileDocument } from '../../model/profile-shape.ts';
import type { Profile } from '../../model/profile.ts';
import { readProfile } from '../../model/read-profile.ts';
import { absolutePaths } from '../absolute-paths.ts';
import { printSpot, type FileError } from '../file-error.ts';
import { dataOf, findPart, type Filled, type Mapping } from './part.ts';

type Given = {
  readonly name: string;
  readonly home: string;
  /** False: a file could not be read or a variable has no value, so what is missing may be there. */
  readonly whole: boolean;
  readonly unset: ReadonlySet<string>;
};

export type Checked = {
  readonly profile: Profile | null;
  readonly document: ProfileDocument | null;
  readonly errors: readonly FileError[];
};

/** Checks what came of all files, and puts every error where the value that is wrong is written. */
export function checkComposed(root: Mapping, given: Given): Checked {
  const data = dataOf(root);
  const written = readProfile(given.name, data);
  const baseAt = (path: ShapeIssue['path']): string => dirname(resolve(findPart(root, path).part.at.file));
  // What has no issues has the shape of a document.
  const document = written.ok ? absolutePaths(data as ProfileDocument, { home: given.home, baseAt }) : null;
  // Read once more where paths were made absolute: a socket's may have become too long.
  const profile = document === null || document === data ? written : readProfile(given.name, document);
  const issues = profile.ok ? [] : profile.error.filter((issue) => counts(issue, { root, ...given }));
  return { profile: profile.ok ? profile.value : null, document, errors: issues.map((issue) => located(issue, root)) };
}

/** Secrets of one file, also where nothing of them comes through to the outcome. */
export const secretsOf = (root: Mapping): FileError[] => findSecrets(dataOf(root)).map((issue) => located(issue, root));

/** Issues of what is not there say nothing where not all is known. */
function counts({ code, path }: ShapeIssue, { root, whole, unset }: Given & { readonly root: Mapping }): boolean {
  const { part } = findPart(root, path);
  if (part.is === 'scalar' && part.filled !== null && part.filled.names.some((name) => unset.has(name))) return false;
  return whole || !OF_ABSENCE.has(code);
}

const OF_ABSENCE: ReadonlySet<IssueCode> = new Set([
  'missing-key',
  'hop-unknown',
  'kind-missing',
  'to-missing',
  'ports-missing',
  'ports-not-used',
  'idle-without-use',
]);

function located(issue: ShapeIssue, root: Mapping): FileError {
  const { part, key } = findPart(root, issue.path);
  const { file, line, column } = isAboutKey(issue.code) ? key : part.at;
  return { file, line, column, text: `${wordsOfIssue(issue)}${part.is === 'scalar' && part.filled !== null ? because(part.filled) : ''}` };
}

/** Both ends of what went wrong: the value, and the place that it came to. */
const because = ({ names, whole, writtenAt }: Filled): string =>
  whole ? ` This is the variable ${names.join()}, used at ${printSpot(writtenAt)}.` : ` It is made with the variable ${names.join(', ')}.`;
