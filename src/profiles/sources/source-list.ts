import { join } from 'node:path';
import * as v from 'valibot';
import { nearest } from '../../model/nearest.ts';
import { type Problem, problem, ProblemError } from '../../model/problem.ts';
import { isProfileName } from '../../model/profile.ts';
import type { Paths } from '../../platform/paths.ts';
import { type Kept, type Kind, readKept, writeKept } from './state/kept.ts';
import { withLock } from './state/lock.ts';
import { SpecSchema } from './spec.ts';

/** A name is part of paths, so a file that holds another one is taken for torn. */
const SourceSchema = v.object({
  name: v.pipe(v.string(), v.check(isProfileName)),
  spec: SpecSchema,
  /** The kind of keys of which one must have signed every state (--require-signed); they are kept beside what is fetched. */
  signers: v.exactOptional(v.picklist(['ssh', 'gpg'])),
});
const ListSchema = v.array(SourceSchema);

/** A source that a person has added, under a name of the person's own. */
export type TeamSource = v.InferOutput<typeof SourceSchema>;

export const listFile = (paths: Paths): string => join(paths.config, 'sources.json');

const kindOf = (paths: Paths): Kind<typeof ListSchema> => ({ path: listFile(paths), schema: ListSchema, empty: [] });

/** The sources in the order in which they were added. */
export const readSources = (paths: Paths): Kept<readonly TeamSource[]> => readKept(kindOf(paths));

/** Throws `source-name-invalid`, or `source-exists`. */
export function checkNewName(name: string, paths: Paths): void {
  if (!isProfileName(name)) throw new ProblemError(problem('source-name-invalid', { name }));
  if (readSources(paths).value.some((source) => source.name === name)) throw new ProblemError(problem('source-exists', { name }));
}

/** Puts it last. Throws as `checkNewName` and `writeKept` do; gives what `writeKept` gives. */
export const addSource = (paths: Paths, source: TeamSource): Promise<Problem | null> =>
  change(paths, (sources) => {
    checkNewName(source.name, paths);
    return [...sources, source];
  });

/** As `addSource`; nothing changes where there is none of that name. */
export const dropSource = (paths: Paths, name: string): Promise<Problem | null> =>
  change(paths, (sources) => sources.filter((source) => source.name !== name));

/** Throws `source-not-found`. */
export function findSource(paths: Paths, name: string): TeamSource {
  const sources = readSources(paths).value;
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const known = sources.map((source) => source.name);
  throw new ProblemError(problem('source-not-found', { name, nearest: nearest(name, known) }));
}

const change = (paths: Paths, to: (sources: readonly TeamSource[]) => TeamSource[]): Promise<Problem | null> =>
  withLock({ path: join(paths.state, 'sources.lock'), name: 'sources.json', patient: true }, () =>
    writeKept(kindOf(paths), to(readSources(paths).value)),
  );
