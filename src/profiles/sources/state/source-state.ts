import { join } from 'node:path';
import * as v from 'valibot';
import type { Problem } from '../../../model/problem.ts';
import type { Paths } from '../../../platform/paths.ts';
import { type Kind, readKept, writeKept } from './kept.ts';
import { isSnapshotId, sourceFolder } from './places.ts';

const IdSchema = v.pipe(v.string(), v.check(isSnapshotId));

const WaySchema = v.object({
  from: v.string(),
  follows: v.picklist(['yes', 'no', 'back', 'unknown']),
  commits: v.nullable(v.number()),
  subjects: v.pipe(v.array(v.string()), v.readonly()),
});

/** What fetching knows; whoever fetches writes it. Times are in ms. */
const FetchedSchema = v.object({
  /** The newest state that was fetched. */
  latest: v.nullable(IdSchema),
  /** How it follows from the state that was in use then. */
  way: v.nullable(WaySchema),
  etag: v.nullable(v.string()),
  fetchedAt: v.nullable(v.number()),
  triedAt: v.nullable(v.number()),
  /** Why the last try failed; null when it did not. */
  trouble: v.nullable(v.object({ code: v.string(), text: v.string(), next: v.string() })),
});
export type Fetched = v.InferOutput<typeof FetchedSchema>;

const PinSchema = v.object({ id: v.nullable(IdSchema) });

const NOTHING: Fetched = { latest: null, way: null, etag: null, fetchedAt: null, triedAt: null, trouble: null };

// Two files, because two write them: fetching must not undo what a person trusts meanwhile.
const fetchedKind = (paths: Paths, name: string): Kind<typeof FetchedSchema> => ({
  path: join(sourceFolder(paths, name), 'fetched.json'),
  schema: FetchedSchema,
  empty: NOTHING,
});

const pinKind = (paths: Paths, name: string): Kind<typeof PinSchema> => ({
  path: join(sourceFolder(paths, name), 'pin.json'),
  schema: PinSchema,
  empty: { id: null },
});

/** A file that is missing or torn says that nothing was fetched yet: the next fetch mends it. */
export const readFetched = (paths: Paths, name: string): Fetched => readKept(fetchedKind(paths, name)).value;
export const writeFetched = (
  paths: Paths,
  { name, fetched }: { readonly name: string; readonly fetched: Fetched },
): Promise<Problem | null> => writeKept(fetchedKind(paths, name), fetched);

export const readPin = (paths: Paths, name: string): string | null => readKept(pinKind(paths, name)).value.id;
export const writePin = (paths: Paths, { name, id }: { readonly name: string; readonly id: string | null }): Promise<Problem | null> =>
  writeKept(pinKind(paths, name), { id });
