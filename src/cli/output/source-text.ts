import { oneLine } from '../../model/plain-text.ts';
import type { Change } from '../../profiles/sources/changes.ts';
import type { Pending } from '../../profiles/sources/pins.ts';
import type { Updated } from '../../profiles/sources/update.ts';
import { table } from './table.ts';

/** What a fetch of a source has brought, for people. */
export function updatedText(name: string, updated: Updated): string {
  const { id, before, changes, way } = updated;
  if (id === null) return `${name} is read in place.`;
  if (before === id && way === null) return `${name} is as new as it gets (${shortId(id)}).`;
  return [`${name} ${wayText(updated)}`, ...(way?.subjects ?? []).map((subject) => `  ${subject}`), changesText(changes)]
    .filter((line) => line !== '')
    .join('\n');
}

function wayText({ id, before, way }: Updated): string {
  const now = `is at ${shortId(id ?? '')}`;
  if (way === null) return before === null ? `${now}.` : `${now} now, was at ${shortId(before)}.`;
  const from = shortId(way.from);
  if (way.follows === 'yes') return `${now}, ${count(way.commits ?? 0, 'commit')} newer than ${from}, which you have.`;
  const why = way.follows === 'no' ? 'does not follow from' : 'does not follow, as far as was looked, from';
  return `${now}, which ${why} ${from}, which you have: its history was rewritten, or the name leads elsewhere.`;
}

const changesText = (changes: readonly Change[]): string => table(changes.map(({ file, is }) => [`  ${is}`, oneLine(file)]));

/** One line on what waits to be accepted. */
export function pendingText({ to, changes, way }: Pending): string {
  const files = changes.slice(0, MOST_NAMED).map(({ file, is }) => `${oneLine(file)} (${is})`);
  const more = changes.length > MOST_NAMED ? [`${changes.length - MOST_NAMED} more`] : [];
  const what = changes.length === 0 ? 'no profile differs' : [...files, ...more].join(', ');
  const how =
    way === null
      ? ''
      : way.follows === 'yes'
        ? `, ${count(way.commits ?? 0, 'commit')} newer`
        : ', which does not follow from what you have';
  return `an update is available (${shortId(to.id)}${how}): ${what}. Nothing of it is used before you accept it.`;
}

const MOST_NAMED = 5;

export const shortId = (id: string): string => id.slice(0, 10);

export const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
