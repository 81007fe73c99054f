import { list, mapping, withoutKeys, type Entries, type List, type Mapping, type Part } from './part.ts';

/**
 * A document over the one that it builds upon; the nearer is the first. Mappings are merged key by key, `forwards` by their
 * names, and everything else is the nearer's: a text or number as a whole, a list as a whole. See docs/profiles.md.
 */
export function mergeDocuments(near: Mapping, far: Mapping): Mapping {
  const merged = mergeMappings(near, far);
  const [nearer, farther] = [near.entries.get('forwards'), far.entries.get('forwards')];
  if (nearer?.value.is !== 'list' || farther?.value.is !== 'list') return merged;
  const forwards = { key: nearer.key, value: mergeForwards(nearer.value, farther.value) };
  return mapping(new Map([...merged.entries, ['forwards', forwards]]), merged.at);
}

const merge = (near: Part, far: Part): Part => (near.is === 'mapping' && far.is === 'mapping' ? mergeMappings(near, far) : near);

function mergeMappings(near: Mapping, far: Mapping): Mapping {
  const both = [...near.entries].map(([key, entry]) => {
    const under = far.entries.get(key);
    return [key, under === undefined ? entry : { key: entry.key, value: merge(entry.value, under.value) }] as const;
  });
  const rest = [...far.entries].filter(([key]) => !near.entries.has(key));
  return mapping(new Map([...both, ...rest]), near.at);
}

/** The farther's forwards in their order, each under the nearer's of its name; then what is new. Those without a name are always new. */
function mergeForwards(near: List, far: List): List {
  const over = new Map<string, Mapping>();
  const added = near.items.filter((item) => {
    const name = nameOf(item);
    const known = name !== null && !over.has(name) && far.items.some((other) => nameOf(other) === name);
    if (known && item.is === 'mapping') over.set(name, item);
    return !known;
  });
  return list([...far.items.map((item) => mergeForward(over, item)), ...added], near.at);
}

function mergeForward(over: Map<string, Mapping>, item: Part): Part {
  const name = nameOf(item);
  const near = name === null ? undefined : over.get(name);
  if (name === null || near === undefined || item.is !== 'mapping') return item;
  // Where the farther has a name twice, the first is meant; the second is an error that stays to be told.
  over.delete(name);
  return mergeMappings(near, listensOn(near.entries) ? withoutKeys(item, LISTENING) : item);
}

/** A forward has one listening end: a nearer one takes the place of a farther one, of whatever kind. */
const LISTENING: ReadonlySet<string> = new Set(['local', 'remote', 'dynamic', 'remoteDynamic']);
const listensOn = (entries: Entries): boolean => [...LISTENING].some((key) => entries.has(key));

function nameOf(item: Part): string | null {
  const name = item.is === 'mapping' ? item.entries.get('name')?.value : undefined;
  return name?.is === 'scalar' && typeof name.value === 'string' ? name.value : null;
}
