import type { Position } from '../position.ts';

/** Where something is written: absolute file, line and column from 1. */
export type Spot = Position & { readonly file: string };

/**
 * A document whose every value knows where it is written. Files are read into parts, parts are merged, filled and
 * overridden, and only the outcome becomes plain data: so the place of an error is never guessed afterwards.
 */
export type Part = Scalar | List | Mapping;

export type Plain = string | number | boolean | null;
export type Scalar = { readonly is: 'scalar'; readonly value: Plain; readonly at: Spot; readonly filled: Filled | null };
export type List = { readonly is: 'list'; readonly items: readonly Part[]; readonly at: Spot };
export type Mapping = { readonly is: 'mapping'; readonly entries: Entries; readonly at: Spot };
export type Entries = ReadonlyMap<string, Entry>;
export type Entry = { readonly key: Spot; readonly value: Part };

/**
 * What variables had to do with a value. `whole`: the value is that of the one variable, and `at` is where the variable's
 * value is written; otherwise they are parts of a text. `writtenAt`: where `${name}` stands.
 */
export type Filled = { readonly names: readonly string[]; readonly whole: boolean; readonly writtenAt: Spot };

export const scalar = (value: Plain, at: Spot, filled: Filled | null = null): Scalar => ({ is: 'scalar', value, at, filled });
export const list = (items: readonly Part[], at: Spot): List => ({ is: 'list', items, at });
export const mapping = (entries: Entries, at: Spot): Mapping => ({ is: 'mapping', entries, at });

/** The plain data. What is shared (by aliases) stays shared, so that no file grows on the way. */
export function dataOf(part: Part, made = new Map<Part, unknown>()): unknown {
  if (part.is === 'scalar') return part.value;
  const known = made.get(part);
  if (known !== undefined) return known;
  // fromEntries makes `__proto__` a key like any other.
  const data: unknown =
    part.is === 'list'
      ? part.items.map((item) => dataOf(item, made))
      : Object.fromEntries([...part.entries].map(([key, { value }]) => [key, dataOf(value, made)]));
  made.set(part, data);
  return data;
}

/** What kind of value it is, in words: `not a list`, `not this number`. */
export function wordFor(part: Part): string {
  if (part.is !== 'scalar') return part.is === 'list' ? 'a list' : 'a mapping';
  if (typeof part.value === 'boolean') return 'true or false';
  return part.value === null ? 'nothing' : typeof part.value === 'number' ? 'this number' : 'this text';
}

type Path = readonly (string | number)[];

/** What is at a path: the part and, in a mapping, where its key is written; of the nearest part around it where nothing is there. */
export function findPart(root: Part, path: Path): { readonly part: Part; readonly key: Spot; readonly found: boolean } {
  let [part, key] = [root, root.at];
  for (const step of path) {
    const next = childOf(part, step);
    if (next === null) return { part, key: part.at, found: false };
    [part, key] = [next.value, next.key];
  }
  return { part, key, found: true };
}

/** The part at a path, or null where there is none. */
export function partAt(root: Part, path: Path): Part | null {
  const { part, found } = findPart(root, path);
  return found ? part : null;
}

function childOf(part: Part, step: string | number): Entry | null {
  if (part.is === 'mapping') return part.entries.get(String(step)) ?? null;
  const item = part.is === 'list' && typeof step === 'number' ? part.items[step] : undefined;
  return item === undefined ? null : { key: item.at, value: item };
}

/** A mapping with one entry more, or another in its place. */
export const withEntry = (part: Mapping, key: string, entry: Entry): Mapping => mapping(new Map([...part.entries, [key, entry]]), part.at);

/** A mapping without some of its entries. */
export const withoutKeys = (part: Mapping, keys: ReadonlySet<string>): Mapping =>
  mapping(new Map([...part.entries].filter(([key]) => !keys.has(key))), part.at);
