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
  const acts = deedsOf(loaded.document) ?? [];
  const shared = loaded.toTrust();
  const deeds = deedsOf(shared);
  const before = approved === undefined ? null : deedsOf(approved);
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

export const isNews = ({ is }: DeedChange): boolean => is !== 'same';
