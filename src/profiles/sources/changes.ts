import type { Snapshot } from './state/snapshot.ts';

/** `file` as it lies in the folder: db-prod.yaml, _defaults.yaml, known_hosts. */
export type Change = { readonly file: string; readonly is: 'new' | 'changed' | 'removed' };

/** The files that differ between two states, by name. */
export function changesBetween(from: Snapshot | null, to: Snapshot): Change[] {
  const before = new Map(Object.entries(from?.files ?? {}));
  const after = new Map(Object.entries(to.files));
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return names.flatMap((file) => {
    const [old, now] = [before.get(file), after.get(file)];
    if (old === now) return [];
    return [{ file, is: old === undefined ? 'new' : now === undefined ? 'removed' : 'changed' } as const];
  });
}
