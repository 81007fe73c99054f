import { oneLine } from '../../model/plain-text.ts';
import type { Change } from '../../profiles/sources/changes.ts';
import type { Way } from '../../profiles/sources/git/history.ts';
import type { Pending } from '../../profiles/sources/pins.ts';
import type { Updated } from '../../profiles/sources/update.ts';
import { table } from './table.ts';

/** What a fetch of a source has brought, for people. */
export function updatedText(name: string, updated: Updated): string {
  const { id, since, changes, way } = updated;
  if (id === null) return `${name} is read in place.`;
  if (since === id) return `${name} is as new as it gets (${shortId(id)}).`;
  return [
    `${name} ${wayText(updated)}`,
    ...(way?.subjects ?? []).map((subject) => `  ${subject}`),
    changes.length === 0 ? '  no profile differs' : changesText(changes),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function wayText({ id, since, way }: Updated): string {
  const now = `is at ${shortId(id ?? '')}`;
  if (way === null) return since === null ? `${now}.` : `${now}, and ${shortId(since)} is what you have.`;
  const from = shortId(way.from);
  if (way.follows === 'yes') return `${now}, ${count(way.commits ?? 0, 'commit')} newer than ${from}, which you have.`;
  if (way.follows === 'back')
    return `${now}, which is older than ${from}, which you have; taken back: ${count(way.commits ?? 0, 'commit')}.`;
  const why = way.follows === 'no' ? 'does not follow from' : 'does not follow, as far as was looked, from';
  return `${now}, which ${why} ${from}, which you have: its history was rewritten or moved back, or the name leads elsewhere.`;
}

const changesText = (changes: readonly Change[]): string => table(changes.map(({ file, is }) => [`  ${is}`, oneLine(file)]));

/** One line on what waits to be accepted. */
export function pendingText({ to, changes, way }: Pending): string {
  const files = changes.slice(0, MOST_NAMED).map(({ file, is }) => `${oneLine(file)} (${is})`);
  const more = changes.length > MOST_NAMED ? [`${changes.length - MOST_NAMED} more`] : [];
  const what = changes.length === 0 ? 'no profile differs' : [...files, ...more].join(', ');
  const how = way === null ? '' : HOW[way.follows](count(way.commits ?? 0, 'commit'));
  const which = way?.follows === 'back' ? 'it was moved back to an older state' : 'an update is available';
  return `${which} (${shortId(to.id)}${how}): ${what}. Nothing of it is used before you accept it.`;
}

/** What a state is that a source is to move to; `way`: from the one that it leaves, where that is known. */
export const moveText = (id: string, way: Way | null): string =>
  `${shortId(id)}${way === null ? '' : HOW[way.follows](count(way.commits ?? 0, 'commit'))}`;

const HOW: Readonly<Record<Way['follows'], (commits: string) => string>> = {
  yes: (commits) => `, ${commits} newer`,
  back: (commits) => `, ${commits} older than what you have`,
  no: () => ', which does not follow from what you have',
  unknown: () => ', which does not follow from what you have',
};

const MOST_NAMED = 5;

export const shortId = (id: string): string => id.slice(0, 10);

export const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? '' : 's'}`;
