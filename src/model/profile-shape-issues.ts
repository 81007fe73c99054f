import * as v from 'valibot';
import { nearest } from './nearest.ts';
import { issueAt, type IssuePath, type ShapeIssue } from './profile-issue.ts';
import { CONFLICT_STEPS, KEYS, OF_DOCUMENT, ProfileShape } from './profile-shape.ts';

/** What valibot finds wrong with the shape, as issues of ours, and every unknown key. */
export function shapeIssues(document: unknown): ShapeIssue[] {
  const lists = mappings(document).filter(({ value }) => Array.isArray(value));
  const result = v.safeParse(ProfileShape, document);
  const found = (result.issues ?? []).flatMap((raw) => issuesOf(raw as RawIssue, []));
  return [
    ...lists.map(listIssue),
    ...found.filter(({ path }) => !lists.some((list) => isWithin(path, list.path))),
    ...unknownKeys(document),
  ];
}

/** True for a path at or below another. */
export const isWithin = (path: IssuePath, outer: IssuePath): boolean => outer.every((part, index) => path[index] === part);

export const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

type RawIssue = v.BaseIssue<unknown>;

function issuesOf(raw: RawIssue, base: IssuePath): ShapeIssue[] {
  const path = [...base, ...(raw.path ?? []).map((item) => item.key as string | number)];
  // A union tells why each of its members failed; those with a path are of the member that was meant.
  const meant = (raw.issues ?? []).filter((inner) => inner.path !== undefined);
  if (meant.length > 0) return meant.flatMap((inner) => issuesOf(inner, path));
  // An unknown key: valibot stops at the first, so `unknownKeys` looks for them.
  if (raw.expected === 'never') return [];
  return [issueOf(raw, path)];
}

function issueOf(raw: RawIssue, path: IssuePath): ShapeIssue {
  const key = keyOf(path);
  if (raw.received === 'undefined') return issueAt(path.slice(0, -1), 'missing-key', { key });
  if (raw.input === null) return issueAt(path, 'empty-value', { key });
  if (raw.type === 'picklist' && typeof raw.input === 'string') {
    return issueAt(path, 'step-unknown', { text: raw.input, nearest: nearest(raw.input, CONFLICT_STEPS) });
  }
  if (raw.kind === 'schema')
    return issueAt(path, 'wrong-type', { key, expected: expectation(raw.expected ?? ''), got: typeWord(raw.input) });
  if (raw.type === 'min_length') return issueAt(path, 'empty-list', { key });
  if (raw.type === 'non_empty') return issueAt(path, 'empty-value', { key });
  return issueAt(path, NUMBER_RULES.has(raw.type) ? 'bad-number' : 'bad-value', { key, range: rangeOf(key) });
}

const NUMBER_RULES: ReadonlySet<string> = new Set(['integer', 'min_value', 'max_value']);
const LISTENS: ReadonlySet<string> = new Set(['local', 'remote', 'dynamic', 'remoteDynamic']);

function rangeOf(key: string): string {
  if (key === 'countMax') return 'from 1 to 1000';
  return LISTENS.has(key) ? 'from 0 to 65535' : 'from 1 to 65535';
}

const keyOf = (path: IssuePath): string => {
  const key = String(path.findLast((part) => typeof part === 'string') ?? 'The profile');
  return typeof path.at(-1) === 'number' ? `An entry of ${key}` : key;
};

/** Valibot's `(string | number)` in words. */
function expectation(expected: string): string {
  const words = expected
    .replaceAll(/[()]/g, '')
    .split(/ [|&] /)
    .map((word) => TYPE_WORDS[word] ?? word.replaceAll('"', ''));
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(new Set(words));
}

const TYPE_WORDS: Readonly<Record<string, string>> = { string: 'a text', number: 'a number', Array: 'a list', Object: 'a mapping' };

function typeWord(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'this text';
  if (typeof value === 'number') return 'this number';
  return typeof value === 'boolean' ? 'true or false' : 'a mapping';
}

type Mapping = { readonly value: unknown; readonly path: IssuePath; readonly keys: readonly string[]; readonly ofFile?: readonly string[] };

/** What only a file has: composing it leaves nothing of these, so that a document never has them, but a mistyped key may mean one. */
const OF_FILE = ['extends', 'variables'] as const;

/** The places where the shape has mappings. Valibot takes a list for a mapping without keys. */
function mappings(document: unknown): Mapping[] {
  if (!isMapping(document)) return [{ value: document, path: [], keys: KEYS.profile }];
  return [
    { value: document, path: [], keys: KEYS.profile, ofFile: OF_FILE },
    ...entriesOf(document['hops']).map((value, index) => ({ value, path: ['hops', index], keys: KEYS.hop })),
    ...entriesOf(document['forwards']).map((value, index) => ({ value, path: ['forwards', index], keys: KEYS.forward })),
    { value: document['keepalive'], path: ['keepalive'], keys: KEYS.keepalive },
  ];
}

const entriesOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const listIssue = ({ path }: Mapping): ShapeIssue =>
  issueAt(path, 'wrong-type', { key: keyOf(path), expected: 'a mapping', got: 'a list' });

function unknownKeys(document: unknown): ShapeIssue[] {
  return mappings(document).flatMap(({ value, path, keys, ofFile = [] }) =>
    (isMapping(value) ? Object.keys(value) : [])
      .filter((key) => !keys.includes(key))
      .map((key) =>
        issueAt([...path, key], 'unknown-key', {
          key,
          nearest: nearest(key, [...keys.filter((known) => !OF_DOCUMENT.has(known)), ...ofFile.filter((known) => known !== key)]),
        }),
      ),
  );
}
