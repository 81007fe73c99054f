import { readHop } from '../../model/profile-hop.ts';
import { readPlace, type Hops } from '../../model/profile-place.ts';
import { printHop, type Hop } from '../../model/profile.ts';
import { dataOf, list, mapping, scalar, withEntry, type Entries, type Entry, type List, type Mapping, type Part } from '../compose/part.ts';

/** The user and identity for a host; the first mapping that has one of them counts. */
export type HopRules = (host: string) => readonly Entries[];

/** Puts a person's user and identity into hops, and lets the forwards that name these hops follow. */
export function overrideHops(root: Mapping, rules: HopRules): Mapping {
  const hops = root.entries.get('hops');
  if (hops?.value.is !== 'list') return root;
  const before = hopsOf(hops.value);
  const changed = list(
    hops.value.items.map((item, index) => changedHop(item, before[index] ?? null, rules)),
    hops.value.at,
  );
  if (changed.items.every((item, index) => item === (hops.value as List).items[index])) return root;
  return renamePlaces(withEntry(root, 'hops', { key: hops.key, value: changed }), { before, after: hopsOf(changed) });
}

const hopsOf = ({ items }: List): (Hop | null)[] => items.map((item) => readHop(dataOf(item), [], () => {}));

function changedHop(item: Part, hop: Hop | null, rules: HopRules): Part {
  if (hop === null) return item;
  const found = ['user', 'identity'].flatMap((key) => {
    const entry = rules(hop.host)
      .find((changes) => changes.has(key))
      ?.get(key);
    return entry === undefined ? [] : ([[key, entry]] as const);
  });
  return found.length === 0 ? item : mapping(new Map([...entriesOf(item, hop), ...found]), item.at);
}

function entriesOf(item: Part, { host, user, port }: Hop): [string, Entry][] {
  if (item.is === 'mapping') return [...item.entries];
  const filled = item.is === 'scalar' ? item.filled : null;
  const parts = Object.entries({ host, user, port }).filter(([, value]) => value !== null);
  return parts.map(([key, value]) => [key, { key: item.at, value: scalar(value, item.at, filled) }]);
}

type Renamed = { readonly before: Hops; readonly after: Hops };

/** `on: deploy@bastion` still means the hop of which the user is another now. */
function renamePlaces(root: Mapping, renamed: Renamed): Mapping {
  const forwards = root.entries.get('forwards');
  if (forwards?.value.is !== 'list') return root;
  const items = forwards.value.items.map((item) => (item.is === 'mapping' ? renameIn(item, renamed) : item));
  return withEntry(root, 'forwards', { key: forwards.key, value: list(items, forwards.value.at) });
}

const renameIn = (forward: Mapping, renamed: Renamed): Mapping =>
  ['on', 'from'].reduce((sum, key) => {
    const entry = sum.entries.get(key);
    const value = entry === undefined ? null : placeOf(entry.value, renamed);
    return entry === undefined || value === null ? sum : withEntry(sum, key, { key: entry.key, value });
  }, forward);

function placeOf(part: Part, { before, after }: Renamed): Part | null {
  if (part.is !== 'scalar' || typeof part.value !== 'string') return null;
  const place = readPlace(part.value, [], { hops: before, report: () => {} });
  const hop = typeof place === 'number' ? after[place] : null;
  return hop === null || hop === undefined ? null : scalar(printHop(hop), part.at, part.filled);
}
