import { compose } from './compose/compose.ts';
import { readLayers } from './compose/layers.ts';
import { partAt, type Part } from './compose/part.ts';
import { createReader, type Reader } from './compose/reader.ts';
import type { FileError } from './file-error.ts';
import type { FoundProfile } from './find-profiles.ts';
import { NO_OVERLAY, type Overlay } from './overlay/overlay.ts';
import { scopeOf } from './source.ts';

type Groups = { readonly byFile: ReadonlyMap<string, readonly string[]>; readonly unread: readonly FileError[] };

export type GroupsGiven = { readonly read?: Reader; readonly overlay?: Overlay };

/**
 * The groups of each profile, with what its base, its folder and the person say. A profile with errors elsewhere still
 * belongs to its groups: bringing up the group must tell of it, not leave it out in silence.
 */
export async function readGroups(profiles: readonly FoundProfile[], given: GroupsGiven = {}): Promise<Groups> {
  const { read = createReader(), overlay = NO_OVERLAY } = given;
  const groups = await Promise.all(profiles.map((profile) => groupsOf(profile, { read, overlay })));
  return {
    byFile: new Map(profiles.map(({ file }, index) => [file, groups[index]?.groups ?? []])),
    unread: groups.flatMap(({ errors }) => errors),
  };
}

type Read = { readonly groups: readonly string[]; readonly errors: readonly FileError[] };

async function groupsOf({ name, file, source }: FoundProfile, { read, overlay }: Required<GroupsGiven>): Promise<Read> {
  const { layers, errors } = await readLayers(file, { scope: scopeOf(source), read });
  if (layers[0]?.role !== 'profile') return { groups: [], errors };
  const { root } = compose(layers, { name, home: '', overlay, allRead: errors.length === 0 });
  return { groups: textsOf(partAt(root, ['groups'])), errors };
}

const textsOf = (part: Part | null): string[] =>
  part?.is === 'list' ? part.items.flatMap((item) => (item.is === 'scalar' && typeof item.value === 'string' ? [item.value] : [])) : [];
