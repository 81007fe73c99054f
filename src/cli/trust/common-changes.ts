import type { DeedChange } from '../../model/deeds/diff-deeds.ts';
import { isNews, type View } from './view.ts';

/** News of several profiles: their names, and what of it they share, with the texts that tell it. */
export type Common = { readonly names: readonly string[]; readonly changes: readonly DeedChange[]; readonly texts: ReadonlySet<string> };

type Found = { readonly change: DeedChange; readonly names: Set<string> };

/** News that `textOf` tells in the same words for more than one of them, by the profiles that have it. */
export function commonChanges(views: readonly View[], textOf: (change: DeedChange) => string): readonly Common[] {
  const groups = new Map<string, Map<string, Found>>();
  for (const [text, found] of [...foundIn(views, textOf)].filter(([, { names }]) => names.size > 1)) {
    const key = [...found.names].join(',');
    groups.set(key, new Map([...(groups.get(key) ?? []), [text, found]]));
  }
  return [...groups].map(([names, found]) => ({
    names: names.split(','),
    changes: [...found.values()].map(({ change }) => change),
    texts: new Set(found.keys()),
  }));
}

function foundIn(views: readonly View[], textOf: (change: DeedChange) => string): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { file, changes } of views)
    for (const change of (changes ?? []).filter(isNews)) {
      const known = found.get(textOf(change)) ?? { change, names: new Set() };
      known.names.add(file.name);
      found.set(textOf(change), known);
    }
  return found;
}
