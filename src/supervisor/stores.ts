import Conf from 'conf';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ProblemError, problem } from '../model/problem.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from './log.ts';

/** One document on disk, and the truth about it in memory. */
export interface Store<T> {
  get(): T;
  /**
   * Keeps the new value and writes it. Throws `state-unwritable` when it could not be written: the value is kept
   * all the same, and writing is tried again at the next change and every half minute.
   */
  set(value: T): void;
  /** Ends the trying again. */
  close(): void;
}

export type StoreNeeds = { readonly directory: string; readonly clock: Clock; readonly log: Log };
export type StoreKind<S extends v.GenericSchema> = { readonly name: string; readonly schema: S; readonly empty: v.InferOutput<S> };

/** A file that cannot be understood (torn, foreign, of a newer version) is kept under another name, and said. */
export function openStore<S extends v.GenericSchema>(kind: StoreKind<S>, needs: StoreNeeds): Store<v.InferOutput<S>> {
  const path = join(needs.directory, `${kind.name}.json`);
  let value = readKept(kind, needs) ?? kind.empty;
  let cancelRetry = (): void => {};

  const write = (): void => {
    cancelRetry();
    try {
      writeKept(kind.name, needs.directory, { schemaVersion: STORE_VERSION, value });
    } catch (error) {
      const trouble = problem('state-unwritable', { path, code: codeOf(error) });
      needs.log.problem(trouble);
      cancelRetry = needs.clock.after(RETRY_MS, () => {
        try {
          write();
        } catch {
          // Logged, and to be tried again.
        }
      });
      throw new ProblemError(trouble, { cause: error });
    }
  };

  return {
    get: () => value,
    set(next) {
      value = next;
      write();
    },
    close: () => cancelRetry(),
  };
}

const STORE_VERSION = 1;
const RETRY_MS = 30_000;

/**
 * Conf writes beside the file and renames, but does not notice when a disk that is filling up takes only a part.
 * So the same text is written first to `NAME.json.next`, in a way that does notice, and stays until the file is known to be whole.
 */
function writeKept(name: string, directory: string, document: object): void {
  const path = join(directory, `${name}.json`);
  const text = serialize(document);
  try {
    writeFileSync(nextOf(path), text, { mode: 0o600 });
    const conf = new Conf({ cwd: directory, configName: name, configFileMode: 0o600, serialize, deserialize: () => ({}) });
    conf.store = document as Record<string, unknown>;
  } catch (error) {
    rmSync(nextOf(path), { force: true });
    throw error;
  }
  if (statSync(path).size === Buffer.byteLength(text)) rmSync(nextOf(path), { force: true });
  else renameSync(nextOf(path), path);
}

const serialize = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const nextOf = (path: string): string => `${path}.next`;

/** What is on disk, or null. */
function readKept<S extends v.GenericSchema>(kind: StoreKind<S>, needs: StoreNeeds): v.InferOutput<S> | null {
  const path = join(needs.directory, `${kind.name}.json`);
  const schema = v.object({ schemaVersion: v.literal(STORE_VERSION), value: kind.schema });
  for (const candidate of [path, nextOf(path)]) {
    const found = v.safeParse(schema, documentIn(candidate));
    if (found.success) return found.output.value as v.InferOutput<S>;
  }
  if (exists(path)) setAside(path, needs);
  return null;
}

function documentIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function setAside(path: string, needs: StoreNeeds): void {
  const stamp = new Date(needs.clock.now()).toISOString().replaceAll(':', '-');
  const aside = path.replace(/\.json$/, `.aside-${stamp}.json`);
  try {
    renameSync(path, aside);
    needs.log.problem(problem('state-set-aside', { path, aside }));
  } catch (error) {
    // It must not be overwritten either, so nothing can be kept before somebody puts this right.
    throw new ProblemError(problem('state-unwritable', { path, code: codeOf(error) }), { cause: error });
  }
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';
