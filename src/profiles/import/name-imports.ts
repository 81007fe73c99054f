import { isProfileName } from '../../model/profile.ts';
import { fail, ok } from '../../model/result.ts';
import { type Import, type Imported, told } from './imported.ts';

/** Gives each a name that a profile may have: the one asked for, or one made of the source's own. Two of one name are an error. */
export function nameImports(all: readonly Imported[], asked: string | null): Import {
  const named = all.map((one) => (asked === null ? renamed(one) : { ...one, name: asked }));
  const bad = named.findIndex(({ name }) => !isUsable(name));
  if (bad >= 0) return fail([told(null, 'bad-name', { name: asked ?? all[bad]?.name ?? '' })]);
  const twice = named.find(({ name }, index) => named.findIndex((other) => other.name === name) < index);
  return twice === undefined ? ok(named) : fail([told(null, 'name-twice', { name: twice.name })]);
}

/** What begins with an underscore is there for profiles to build upon, and is none itself. */
const isUsable = (name: string): boolean => isProfileName(name) && !name.startsWith('_');

function renamed(one: Imported): Imported {
  const name = one.name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/-+$/, '');
  return name === one.name ? one : { ...one, name, notes: [...one.notes, told(null, 'name-changed', { from: one.name, to: name })] };
}
