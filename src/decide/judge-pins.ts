import type { HostKey, KnownKey } from './judge-host-key.ts';

export type PinEvidence = {
  readonly offered: HostKey;
  /** Whether what the profile pins allows it. */
  readonly isPinned: boolean;
  /** What known_hosts has for this host. */
  readonly known: readonly KnownKey[];
  /** Whether an authority of known_hosts has signed its certificate. */
  readonly isVouchedFor: boolean;
};

/**
 * The key of known_hosts that what a profile pins disagrees with; null: they agree, or known_hosts knows nothing. Neither
 * overrules the other: a profile of others must not lead away from a server that is known, and the pin is there to be believed.
 */
export function disagreement({ offered, isPinned, known, isVouchedFor }: PinEvidence): KnownKey | null {
  const same = known.find(({ blob }) => blob === offered.blob);
  if (!isPinned) return same ?? null;
  if (same !== undefined || isVouchedFor) return null;
  return known.find(({ type }) => type === offered.type) ?? known[0] ?? null;
}
