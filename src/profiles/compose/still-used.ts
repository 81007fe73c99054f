import type { StandIns } from '../../model/stand-ins.ts';
import type { Part, Scalar } from './part.ts';

/** The names of the variables whose stand-ins a document still holds, after a person's own changes have replaced some of its values. */
export function stillUsed(root: Part, standIns: StandIns): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set<Part>();
  const look = (part: Part): void => {
    if (seen.has(part)) return;
    seen.add(part);
    if (part.is === 'scalar') for (const name of namesIn(part, standIns)) names.add(name);
    else for (const inner of part.is === 'list' ? part.items : [...part.entries.values()].map(({ value }) => value)) look(inner);
  };
  look(root);
  return names;
}

/** A hop that was one text is taken apart for a person's user: each part of it knows all variables of the text, and holds some. */
function namesIn({ value, filled }: Scalar, standIns: StandIns): readonly string[] {
  if (filled === null || filled.whole) return filled?.names ?? [];
  const held = new Set(Object.entries(standIns).flatMap(([text, name]) => (String(value).includes(text) ? [name] : [])));
  return filled.names.filter((name) => held.has(name));
}
