/** What a server shows. */
export type HostKey = {
  /** `ssh-ed25519`, `ssh-rsa`, ... */
  readonly type: string;
  /** The key in SSH's wire form, base64. */
  readonly blob: string;
  /** `SHA256:` and unpadded base64. */
  readonly fingerprint: string;
};

/** A key of known_hosts that was found for this host, and where it stands. */
export type KnownKey = HostKey & { readonly file: string; readonly line: number };

export type HostKeyEvidence = {
  readonly offered: HostKey;
  readonly known: readonly KnownKey[];
  /** Of `@revoked` lines. */
  readonly revoked: readonly KnownKey[];
  /** Fingerprints of the profile; when there are any, only these count. */
  readonly pins: readonly string[];
};

export type HostKeyVerdict =
  | { readonly is: 'trusted' }
  | { readonly is: 'revoked'; readonly by: KnownKey }
  | { readonly is: 'not-pinned' }
  /** Another key is known, of the same type where there is one. */
  | { readonly is: 'changed'; readonly known: KnownKey }
  | { readonly is: 'unknown' };

/**
 * As OpenSSH decides (hostfile.c, check_hostkeys_by_key_or_type): a revoked key is never good, whatever else vouches
 * for it; one equal key suffices, whatever else is on file; and where only other keys are on file, of whatever type,
 * this one is a change and not new.
 */
export function judgeHostKey({ offered, known, revoked, pins }: HostKeyEvidence): HostKeyVerdict {
  const same = (key: HostKey): boolean => key.blob === offered.blob;
  const by = revoked.find(same);
  if (by !== undefined) return { is: 'revoked', by };
  if (pins.length > 0) return isPinned(offered, pins) ? { is: 'trusted' } : { is: 'not-pinned' };
  if (known.some(same)) return { is: 'trusted' };
  const changed = known.find((key) => key.type === offered.type) ?? known[0];
  return changed === undefined ? { is: 'unknown' } : { is: 'changed', known: changed };
}

/** Some tools print the base64 of a fingerprint with its padding. */
export const isPinned = ({ fingerprint }: HostKey, pins: readonly string[]): boolean =>
  pins.some((pin) => pin.trim().replace(/=+$/, '') === fingerprint);
