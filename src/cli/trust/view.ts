import { createHash } from 'node:crypto';
import type { Deed } from '../../model/deeds/deed.ts';
import { deedsOf } from '../../model/deeds/deeds-of.ts';
import { type DeedChange, diffDeeds } from '../../model/deeds/diff-deeds.ts';
import { withYoursToGive } from '../../model/deeds/yours-to-give.ts';
import { fillStandIns, type StandIns } from '../../model/stand-ins.ts';
import type { LoadedProfile } from '../../profiles/load-profile.ts';
import type { Approved } from '../approvals.ts';
import type { ProfileFile } from '../profile-files.ts';

/** One profile for a person who is to trust it: of what was read once, and of nothing else. */
export type View = {
  readonly file: ProfileFile;
  readonly loaded: LoadedProfile;
  /** What is kept with the approval, to show the difference the next time. */
  readonly document: unknown;
  /** For values that are missing in `document` and `loaded`: they are shown, and nothing is brought up with them. */
  readonly standIns: StandIns;
  readonly deeds: readonly Deed[];
  /** Since the version that was trusted before; null: there was none. */
  readonly changes: readonly DeedChange[] | null;
  /** What the person's own changes make of it, which are not part of what is trusted. */
  readonly own: readonly DeedChange[];
};

/** Null of a profile with errors. `approved`: what was trusted the last time. */
export function viewOf(file: ProfileFile, approved: Approved | null): View | null {
  const loaded = file.loaded ?? file.open?.preview;
  if (loaded === undefined) return null;
  const standIns = file.open?.standIns ?? {};
  const acts = deedsIn(loaded.document, standIns) ?? [];
  const shared = loaded.toTrust();
  const deeds = deedsIn(shared, standIns);
  const before = approved === null ? null : deedsBefore(approved, loaded);
  return {
    file,
    loaded,
    // Where the files alone make no profile, as it is with what the person has added.
    document: deeds === null ? loaded.document : shared,
    standIns,
    deeds: deeds ?? acts,
    changes: before === null ? null : diffDeeds(before, deeds ?? acts),
    own: deeds === null ? [] : diffDeeds(deeds, acts).filter(isNews),
  };
}

/** With the person's own values where they have been given since: that was not changed by those who wrote the files. */
const deedsBefore = ({ document, standIns }: Approved, { yours }: LoadedProfile): readonly Deed[] | null =>
  deedsIn(fillStandIns(document, standIns, yours()), standIns);

/** Also for whoever only shows a profile. */
export function deedsIn(document: unknown, standIns: StandIns = {}): readonly Deed[] | null {
  const deeds = deedsOf(document, fingerprintOf);
  return deeds === null ? null : withYoursToGive(deeds, standIns);
}

const fingerprintOf = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;

export const isNews = ({ is }: DeedChange): boolean => is !== 'same';
