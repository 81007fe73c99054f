import type { Problem } from '../../model/problem.ts';
import { pin } from '../../profiles/sources/pins.ts';
import { readPin } from '../../profiles/sources/state/source-state.ts';
import { readApproved } from '../approvals.ts';
import type { Context } from '../command.ts';
import { allProfiles, loadAll, type ProfileFile } from '../profile-files.ts';

/** A state of a source that is in use from now on, if these profiles are trusted. */
export type Move = { readonly name: string; readonly id: string; readonly from: string | null };

export function movesOf(files: readonly ProfileFile[], { paths }: Context): Move[] {
  const teams = new Map(
    files.flatMap(({ source: { team } }) => (team === undefined || team.id === null ? [] : [[team.name, team.id] as const])),
  );
  return [...teams].map(([name, id]) => ({ name, id, from: readPin(paths, name) })).filter(({ id, from }) => id !== from);
}

/**
 * Other profiles of the same sources that are trusted as they are in use, and will not be once the newer state is: they have
 * changed as well, and were not asked about.
 */
export async function leftBehind(files: readonly ProfileFile[], moves: readonly Move[], context: Context): Promise<string[]> {
  const moving = new Set(moves.filter(({ from }) => from !== null).map(({ name }) => name));
  if (moving.size === 0) return [];
  const { profiles } = await allProfiles(context, 'newest');
  const shown = new Set(files.map(({ file }) => file));
  const others = profiles.filter(({ source, file }) => moving.has(source.team?.name ?? '') && !shown.has(file));
  const approved = readApproved(context.paths);
  return (await loadAll(others, context)).flatMap((other) => (approved(other) !== null && !other.trusted ? [other.name] : []));
}

export async function move(moves: readonly Move[], { paths }: Context): Promise<readonly Problem[]> {
  const asides = [];
  for (const { name, id } of moves) asides.push(await pin(paths, { name, id }));
  return asides.filter((aside) => aside !== null);
}
