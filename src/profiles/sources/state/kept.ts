import { readFileSync, renameSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { type Problem, problem, ProblemError } from '../../../model/problem.ts';
import { makeFolder } from '../../../platform/private-dir.ts';

/** One JSON document of ours on disk. */
export type Kind<S extends v.GenericSchema> = { readonly path: string; readonly schema: S; readonly empty: v.InferOutput<S> };

/** `torn`: the file is there and cannot be understood; the value is the empty one then. */
export type Kept<T> = { readonly value: T; readonly torn: boolean };

const VERSION = 1;

export function readKept<S extends v.GenericSchema>({ path, schema, empty }: Kind<S>): Kept<v.InferOutput<S>> {
  try {
    const kept = v.safeParse(v.object({ schemaVersion: v.literal(VERSION), value: schema }), JSON.parse(readFileSync(path, 'utf8')));
    return kept.success ? { value: kept.output.value as v.InferOutput<S>, torn: false } : { value: empty, torn: true };
  } catch (error) {
    return { value: empty, torn: (error as NodeJS.ErrnoException).code !== 'ENOENT' };
  }
}

/**
 * Writes beside the file and renames (conf does), so that a crash leaves the old or the new. Throws `state-unwritable`.
 * Gives `state-set-aside` where the file could not be understood and is kept under another name.
 */
export async function writeKept<S extends v.GenericSchema>(kind: Kind<S>, value: v.InferOutput<S>): Promise<Problem | null> {
  const { path } = kind;
  const { default: Conf } = await import('conf');
  try {
    makeFolder(dirname(path));
    const aside = readKept(kind).torn ? setAside(path) : null;
    const name = basename(path, '.json');
    // What is there is not read again: it may be of a form that conf does not expect.
    const store = new Conf({ cwd: dirname(path), configName: name, configFileMode: 0o600, deserialize: () => ({}) });
    store.store = { schemaVersion: VERSION, value };
    return aside;
  } catch (error) {
    throw new ProblemError(problem('state-unwritable', { path, code: (error as NodeJS.ErrnoException).code ?? 'unknown' }), {
      cause: error,
    });
  }
}

function setAside(path: string): Problem {
  const aside = path.replace(/\.json$/, `.aside-${Date.now()}.json`);
  renameSync(path, aside);
  return problem('state-set-aside', { path, aside });
}
