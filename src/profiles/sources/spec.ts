import { realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { problem, ProblemError } from '../../model/problem.ts';
import type { SourceTrouble } from '../../model/problems/source.ts';
import { isProfileName } from '../../model/profile.ts';
import { withoutExtension } from '../profile-name.ts';
import { decoded, troubleOfUrl } from './check-url.ts';

/** Where a source's profiles come from. `ref` null: what the repository itself holds for its main line; `folder` null: its root. */
export const SpecSchema = v.variant('kind', [
  v.object({ kind: v.literal('git'), url: v.string(), ref: v.nullable(v.string()), folder: v.nullable(v.string()) }),
  v.object({ kind: v.literal('https'), url: v.string() }),
  v.object({ kind: v.literal('folder'), directory: v.string() }),
]);
export type SourceSpec = v.InferOutput<typeof SpecSchema>;
export type GitSpec = Extract<SourceSpec, { readonly kind: 'git' }>;
export type HttpsSpec = Extract<SourceSpec, { readonly kind: 'https' }>;

type Given = { readonly cwd: string; readonly home: string };

/**
 * What was typed: `git-url[#ref][//folder]`, an https address of one profile, or a folder. Throws `source-invalid`.
 * It is read here and nowhere else: what git is given later has passed all of this.
 */
export function readSpec(text: string, { cwd, home }: Given): SourceSpec {
  const refuse = (why: SourceTrouble): never => {
    throw new ProblemError(problem('source-invalid', { text: withoutPassword(text), why }));
  };
  const why = troubleOfText(text);
  if (why !== null) return refuse(why);
  const { base, ref, folder } = splitSource(text);
  const url = base.replace(/^git\+/, '');
  if (isFolder(base)) {
    const directory = resolve(cwd, base.replace(/^~(?=\/|$)/, home));
    return folderSpec(directory, { ref, folder }) ?? refuse(isDirectory(directory) ? 'not-git' : 'absent');
  }
  const trouble = troubleOfUrl(url) ?? (ref === null || isRef(ref) ? null : 'ref') ?? (folder === null || isPath(folder) ? null : 'folder');
  if (trouble !== null) return refuse(trouble);
  if (base === url && isProfileUrl(url)) return ref === null && folder === null ? httpsSpec(url, refuse) : refuse('not-git');
  return { kind: 'git', url, ref, folder };
}

/** As it was typed, more or less. */
export const printSpec = (spec: SourceSpec): string => {
  if (spec.kind === 'folder') return spec.directory;
  if (spec.kind === 'https') return spec.url;
  return `${spec.url}${spec.ref === null ? '' : `#${spec.ref}`}${spec.folder === null ? '' : `//${spec.folder}`}`;
};

const withoutPassword = (text: string): string => text.replace(/(\/\/[^/@:]*):[^/@]*@/g, '$1:(hidden)@');

function troubleOfText(text: string): SourceTrouble | null {
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text)) return 'unprintable';
  if (text.trim() === '' || text.length > LONGEST) return 'address';
  return text.startsWith('-') ? 'option' : null;
}

const LONGEST = 2_000;

type Split = { readonly base: string; readonly ref: string | null; readonly folder: string | null };

/** `url#ref//folder`, and `url//folder#ref` as others write it. A ref never has two slashes in a row (git-check-ref-format(1)). */
function splitSource(text: string): Split {
  const scheme = SCHEME.exec(text)?.[0] ?? '';
  const [, address = '', ref, folder, folderFirst, refLast] = PARTS.exec(text.slice(scheme.length)) ?? [];
  return { base: `${scheme}${address}`, ref: ref ?? refLast ?? null, folder: (folder ?? folderFirst)?.replace(/\/$/, '') ?? null };
}

/** Three slashes for `file:///srv`. */
const SCHEME = /^(?:git\+)?[a-z][a-z0-9+.-]*:\/\/\/?/i;
const PARTS = /^(.*?)(?:#(.*?)(?:\/\/(.*))?|\/\/(.*?)(?:#(.*))?)?$/;

/** No scheme, and no `host:path` as scp(1) and git take it: a colon before the first slash. */
const isFolder = (base: string): boolean => !/^[a-z][a-z0-9+.-]*:/i.test(base) && !/^[^/]*:/.test(base);

function folderSpec(directory: string, { ref, folder }: Omit<Split, 'base'>): SourceSpec | null {
  if (!isDirectory(directory)) return null;
  const bare = ['HEAD', 'objects', 'refs'].every((name) => statSync(join(directory, name), { throwIfNoEntry: false }) !== undefined);
  const isGit = bare || ref !== null || folder !== null;
  // Where it leads now: files are read only where they lie in the very folder.
  if (!isGit) return { kind: 'folder', directory: realpathSync(directory) };
  if ((ref !== null && !isRef(ref)) || (folder !== null && !isPath(folder))) return null;
  return { kind: 'git', url: `file://${directory}`, ref, folder };
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The rules of git-check-ref-format(1), and no dash in front, which git would take for an option. A full commit is one too. */
const isRef = (ref: string): boolean =>
  ref !== '' &&
  ref.length <= 250 &&
  !/^[-/+]|\/$|\.$|\/\/|\.\.|@\{|[\s~^:?*[\\]/.test(ref) &&
  ref !== '@' &&
  ref.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));

const isPath = (folder: string): boolean =>
  folder.length <= 500 &&
  folder.split('/').every((part) => /^(?!\.{1,2}$)[\p{L}\p{N}._ @+-]+$/u.test(part) && !/^(?:-|\.git$)/i.test(part));

const isProfileUrl = (url: string): boolean => /^https:\/\//i.test(url) && /\.(ya?ml|json)$/.test(new URL(url).pathname);

/** `https://host/a/db-prod.yaml` is the profile db-prod. */
export const fileNameOf = ({ url }: HttpsSpec): string => decoded(new URL(url).pathname.split('/').at(-1) ?? '');

function httpsSpec(url: string, refuse: (why: SourceTrouble) => never): SourceSpec {
  if (new URL(url).username !== '') return refuse('login');
  const spec = { kind: 'https', url } as const;
  return isProfileName(withoutExtension(fileNameOf(spec))) ? spec : refuse('file-name');
}
