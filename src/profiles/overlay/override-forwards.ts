import { nearest } from '../../model/nearest.ts';
import { issueAt } from '../../model/profile-issue.ts';
import { readProfile } from '../../model/read-profile.ts';
import { dataOf, list, mapping, scalar, withEntry, type Entries, type Entry, type Mapping, type Part } from '../compose/part.ts';
import { errorAt, type FileError } from '../file-error.ts';

type Given = { readonly profile: string; readonly changes: Entries };
export type Overridden = { readonly root: Mapping; readonly warnings: readonly FileError[] };

/** Lets forwards listen where a person wants them, by the name that status shows. */
export function overrideForwards(root: Mapping, { profile, changes }: Given): Overridden {
  const forwards = root.entries.get('forwards');
  if (changes.size === 0 || forwards?.value.is !== 'list') return { root, warnings: [] };
  const names = namesOf(root, { profile, items: forwards.value.items });
  const items = forwards.value.items.map((item, index) => changed(item, names[index] ?? null, changes));
  const warnings = [...changes].flatMap(([name, entry]) =>
    warningsOf(name, {
      entry,
      forward: forwards.value.is === 'list' ? (forwards.value.items[names.indexOf(name)] ?? null) : null,
      names,
      profile,
    }),
  );
  return { root: withEntry(root, 'forwards', { key: forwards.key, value: list(items, forwards.value.at) }), warnings };
}

/** Those without a name are called what they are made to be called; what they are while there are errors is not known. */
function namesOf(root: Mapping, { profile, items }: { readonly profile: string; readonly items: readonly Part[] }): (string | null)[] {
  const read = readProfile(profile, dataOf(root));
  if (read.ok) return read.value.forwards.map(({ name }) => name);
  return items.map((item) => {
    const name = item.is === 'mapping' ? item.entries.get('name')?.value : undefined;
    return name?.is === 'scalar' && typeof name.value === 'string' ? name.value : null;
  });
}

function changed(item: Part, name: string | null, changes: Entries): Part {
  const change = name === null ? undefined : changes.get(name)?.value;
  if (name === null || item.is !== 'mapping' || change?.is !== 'mapping') return item;
  const fit = [...change.entries].filter(([key]) => item.entries.has(key));
  // The name stays what it was, also where it is made of the port.
  const named: [string, Entry] = ['name', item.entries.get('name') ?? { key: item.at, value: scalar(name, item.at) }];
  return fit.length === 0 ? item : mapping(new Map([named, ...item.entries, ...fit]), item.at);
}

type Asked = { readonly entry: Entry; readonly forward: Part | null; readonly names: readonly (string | null)[]; readonly profile: string };

function warningsOf(name: string, { entry, forward, names, profile }: Asked): FileError[] {
  const known = names.filter((each) => each !== null);
  if (forward === null) return [errorAt(entry.key, issueAt([], 'override-forward', { name, profile, nearest: nearest(name, known) }))];
  if (entry.value.is !== 'mapping' || forward.is !== 'mapping') return [];
  const { entries } = forward;
  return [...entry.value.entries].flatMap(([key, value]) =>
    entries.has(key) ? [] : [errorAt(value.key, issueAt([], 'override-listen', { name, key }))],
  );
}
