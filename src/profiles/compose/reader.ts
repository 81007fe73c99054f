import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileError } from '../file-error.ts';
import { parseParts, type FileKind } from '../parse-yaml.ts';
import { isInside } from '../project-folders.ts';
import { readText } from '../read-text.ts';
import { partOfKnownHosts } from './known-hosts.ts';
import type { Mapping } from './part.ts';

/** The folder that the files of a profile may come from; only the user's own links may lead out of it. */
export type Scope = { readonly folder: string; readonly linksMayLeave: boolean };

/** One file as it was when it was read: the parts and the hash (hex SHA-256) are of the same bytes. */
export type SourceFile = { readonly file: string; readonly sha256: string; readonly root: Mapping };

export type ReadOutcome =
  | { readonly is: 'read'; readonly source: SourceFile }
  | { readonly is: 'absent' }
  | { readonly is: 'leaves' }
  | { readonly is: 'broken'; readonly errors: readonly FileError[] };

type Given = { readonly scope: Scope; readonly kind: FileKind | 'known-hosts' };
export type Reader = (file: string, given: Given) => Promise<ReadOutcome>;

/** Reads every file once, however many profiles build upon it: what one command shows, checks and sends is of one moment. */
export function createReader(): Reader {
  const read = new Map<string, ReadOutcome>();
  return (file, given) => {
    const key = JSON.stringify([given.kind, given.scope, file]);
    const known = read.get(key) ?? readOnce(file, given);
    read.set(key, known);
    return Promise.resolve(known);
  };
}

function readOnce(file: string, { scope, kind }: Given): ReadOutcome {
  const real = scope.linksMayLeave ? file : realInside(file, scope.folder);
  if (real === null) return { is: 'leaves' };
  // By its real name, so that no link can be put in its place meanwhile.
  const text = readText(real);
  if (!text.ok) return text.error.absent ? { is: 'absent' } : { is: 'broken', errors: [errorOf(file, text.error)] };
  const { sha256 } = text.value;
  if (kind === 'known-hosts') return { is: 'read', source: { file, sha256, root: partOfKnownHosts(text.value.text, file) } };
  const parsed = parseParts(text.value.text, { file, kind });
  if (!parsed.ok) return { is: 'broken', errors: parsed.error };
  return { is: 'read', source: { file, sha256, root: parsed.value } };
}

/** The file behind all links, or null where that lies outside. The folder may be a link too, so it is resolved from its parent. */
export function realInside(file: string, folder: string): string | null {
  const whole = resolve(folder);
  try {
    const real = realpathSync.native(file);
    return isInside(real, join(realpathSync.native(dirname(whole)), basename(whole))) ? real : null;
  } catch {
    // What leads nowhere is told when it is read.
    return file;
  }
}

const errorOf = (file: string, { line, column, text }: Omit<FileError, 'file'>): FileError => ({ file, line, column, text });
