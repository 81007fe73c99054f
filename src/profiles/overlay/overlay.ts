import type { Entries, Mapping, Spot } from '../compose/part.ts';
import { isPattern, patternOf } from '../pattern.ts';

/**
 * What a person changes of profiles that others write, for themselves alone: `overrides.yaml` beside the own profiles.
 * Both are mappings that `readOverlay` has checked: of profiles by name, and of hosts by name or pattern. `sha256`: of the file's
 * bytes; empty where there is no file.
 */
export type Overlay = { readonly file: string; readonly sha256: string; readonly profiles: Entries; readonly hosts: Entries };

export const NO_OVERLAY: Overlay = { file: '', sha256: '', profiles: new Map(), hosts: new Map() };

/** The entries of a mapping in a mapping; none where it is not there. */
export function entriesAt(entries: Entries, key: string): Entries {
  const part = entries.get(key)?.value;
  return part?.is === 'mapping' ? part.entries : NONE;
}

const NONE: Entries = new Map();

export const overlayOf = ({ profiles }: Overlay, profile: string): Entries => entriesAt(profiles, profile);

/** The rules for one host, the one that counts most first: those of its own name before patterns, and these in the order of the file. */
export function rulesFor(host: string, rules: Entries): { readonly pattern: string; readonly key: Spot; readonly changes: Mapping }[] {
  const fit = [...rules].flatMap(([pattern, { key, value }]) =>
    value.is === 'mapping' && patternOf(pattern, 'is').test(host) ? [{ pattern, key, changes: value }] : [],
  );
  return [...fit.filter(({ pattern }) => !isPattern(pattern)), ...fit.filter(({ pattern }) => isPattern(pattern))];
}
