import { nearest } from '../../model/nearest.ts';
import { issueAt, wordsOfIssue, type IssuePath } from '../../model/profile-issue.ts';
import { findSecrets } from '../../model/profile-secrets.ts';
import { checkDocument } from '../../model/read-profile.ts';
import { dataOf, findPart, list, mapping, scalar, type Entry, type Mapping, type Part, type Spot, wordFor } from '../compose/part.ts';
import { usesVariable } from '../compose/variables.ts';
import { errorAt, printSpot, type FileError } from '../file-error.ts';
import { entriesAt } from './overlay.ts';

/** Everything that is wrong with `overrides.yaml`: unknown keys, values of a wrong kind, and values that no profile could have. */
export function checkOverlay(root: Mapping): FileError[] {
  const secrets = findSecrets(dataOf(root)).map((issue) => errorAt(findPart(root, issue.path).key, issue));
  if (secrets.length > 0) return secrets;
  const wrong = check(root, { key: 'overrides.yaml', shape: FILE });
  // One place has one error.
  const told = new Set(wrong.map(printSpot));
  return [...wrong, ...badValues(root).filter((error) => !told.has(printSpot(error)))];
}

type Shape =
  | { readonly is: 'keys'; readonly keys: Readonly<Record<string, Shape>> }
  | { readonly is: 'each'; readonly of: Shape }
  | { readonly is: 'value' }
  | { readonly is: 'plain' };

const VALUE: Shape = { is: 'value' };
const keys = (known: Readonly<Record<string, Shape>>): Shape => ({ is: 'keys', keys: known });
const each = (of: Shape): Shape => ({ is: 'each', of });

const HOST = { user: VALUE, identity: VALUE };
const FORWARD = { local: VALUE, dynamic: VALUE };
const PROFILE = {
  ...HOST,
  hosts: each(keys(HOST)),
  forwards: each(keys(FORWARD)),
  groups: VALUE,
  variables: each({ is: 'plain' }),
};
const FILE = keys({ profiles: each(keys(PROFILE)), hosts: each(keys(HOST)) });

type Given = { readonly key: string; readonly shape: Shape };

function check(part: Part, { key, shape }: Given): FileError[] {
  if (shape.is === 'value') return variablesIn(part, key);
  if (shape.is === 'plain') return part.is === 'scalar' && part.value !== null ? variablesIn(part, key) : [wrongValue(part, key)];
  // A key with nothing behind it changes nothing: it may be a place that is kept for later.
  if (part.is === 'scalar' && part.value === null) return [];
  if (part.is !== 'mapping') return [errorAt(part.at, issueAt([], 'wrong-type', { key, expected: 'a mapping', got: wordFor(part) }))];
  return [...part.entries].flatMap(([name, entry]) => checkEntry(name, { entry, shape }));
}

function checkEntry(name: string, { entry, shape }: { readonly entry: Entry; readonly shape: Shape }): FileError[] {
  const inner = shape.is === 'keys' ? shape.keys : shape.is === 'each' ? { [name]: shape.of } : {};
  const known = Object.hasOwn(inner, name) ? inner[name] : undefined;
  if (known !== undefined) return check(entry.value, { key: name, shape: known });
  return [errorAt(entry.key, issueAt([], 'unknown-key', { key: name, nearest: nearest(name, Object.keys(inner)) }))];
}

const wrongValue = (part: Part, name: string): FileError => errorAt(part.at, issueAt([], 'override-value', { name }));

function variablesIn(part: Part, key: string): FileError[] {
  if (part.is === 'list') return part.items.flatMap((item) => variablesIn(item, key));
  if (part.is === 'mapping' || typeof part.value !== 'string' || !usesVariable(part.value)) return [];
  return [errorAt(part.at, issueAt([], 'override-variable', { key }))];
}

/** The values are put into profiles that are right but for them, so that the rules are those of profiles. */
function badValues(root: Mapping): FileError[] {
  const profiles = [...entriesAt(root.entries, 'profiles').values()].flatMap(({ value }) => (value.is === 'mapping' ? [value] : []));
  const places = [root, ...profiles].flatMap(({ entries }) => [...entriesAt(entries, 'hosts').values()]);
  const hosts = [...places.flatMap(({ value }) => (value.is === 'mapping' ? [value] : [])), ...profiles];
  return [...hosts.flatMap(hopErrors), ...profiles.flatMap(profileErrors)];
}

const hopErrors = (changes: Mapping): FileError[] => errorsIn(stage({ at: changes.at, hop: [...changes.entries] }));

function profileErrors({ at, entries }: Mapping): FileError[] {
  const groups = entries.get('groups');
  const forwards = [...entriesAt(entries, 'forwards')].map(([name, { value }]) => stagedForward(name, value));
  return errorsIn(stage({ at, forwards, top: groups === undefined ? [] : [['groups', groups]] }));
}

function stagedForward(name: string, value: Part): Part {
  const given = value.is === 'mapping' ? [...value.entries].filter(([key]) => Object.hasOwn(FORWARD, key)) : [];
  const needed = given.some(([key]) => key === 'local') ? { to: 'host:1' } : given.length > 0 ? {} : { dynamic: 1 };
  return mapping(new Map([...entriesOf({ name, ...needed }, value.at), ...given]), value.at);
}

type Staged = { readonly at: Spot; readonly hop?: readonly Named[]; readonly forwards?: readonly Part[]; readonly top?: readonly Named[] };
type Named = readonly [string, Entry];

function stage({ at, hop = [], forwards = [], top = [] }: Staged): Mapping {
  const host = mapping(new Map([...entriesOf({ host: 'host' }, at), ...hop.filter(([key]) => Object.hasOwn(HOST, key))]), at);
  const some = forwards.length > 0 ? forwards : [mapping(new Map(entriesOf({ dynamic: 1 }, at)), at)];
  return mapping(new Map([['hops', { key: at, value: list([host], at) }], ['forwards', { key: at, value: list(some, at) }], ...top]), at);
}

const entriesOf = (values: Readonly<Record<string, string | number>>, at: Spot): [string, Entry][] =>
  Object.entries(values).map(([key, value]) => [key, { key: at, value: scalar(value, at) }]);

function errorsIn(staged: Mapping): FileError[] {
  const checked = checkDocument(dataOf(staged));
  const spot = (path: IssuePath): Spot => findPart(staged, path).part.at;
  return checked.ok ? [] : checked.error.map((issue) => ({ ...spot(issue.path), text: wordsOfIssue(issue) }));
}
