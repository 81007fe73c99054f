import { createHash } from 'node:crypto';
import type { Deed } from '../../model/deeds/deed.ts';
import { deedsOf } from '../../model/deeds/deeds-of.ts';
import { type DeedChange, diffDeeds } from '../../model/deeds/diff-deeds.ts';
import type { LoadedProfile } from '../../profiles/load-profile.ts';
import type { ProfileFile } from '../profile-files.ts';

/** One profile for a person who is to trust it: of what was read once, and of nothing else. */
export type View = {
  readonly file: ProfileFile;
  readonly loaded: LoadedProfile;
  /** What is kept with the approval, to show the difference the next time. */
  readonly document: unknown;
  readonly deeds: readonly Deed[];
  /** Since the version that was trusted before; null: there was none. */
  readonly changes: readonly DeedChange[] | null;
  /** What the person's own changes make of it, which are not part of what is trusted. */
  readonly own: readonly DeedChange[];
};

export function viewOf(file: ProfileFile, loaded: LoadedProfile, approved: unknown): View {
  const acts = deedsIn(loaded.document) ?? [];
  const shared = loaded.toTrust();
  const deeds = deedsIn(shared);
  const before = approved === undefined ? null : deedsIn(approved);
  return {
    file,
    loaded,
    // Where the files alone make no profile, as it is with what the person has added.
    document: deeds === null ? loaded.document : shared,
    deeds: deeds ?? acts,
    changes: before === null ? null : diffDeeds(before, deeds ?? acts),
    own: deeds === null ? [] : diffDeeds(deeds, acts).filter(isNews),
  };
}

/** Also for whoever only shows a profile. */
export const deedsIn = (document: unknown): readonly Deed[] | null => deedsOf(document, fingerprintOf);

const fingerprintOf = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;

export const isNews = ({ is }: DeedChange): boolean => is !== 'same';
