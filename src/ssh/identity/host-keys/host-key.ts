import { createHash } from 'node:crypto';
import type { HostKey } from '../../../decide/judge-host-key.ts';

/** A key in SSH's wire form (RFC 4253 §6.6), described. */
export const describeKey = (blob: Buffer): HostKey => ({
  type: typeOfKey(blob) ?? 'unknown',
  blob: blob.toString('base64'),
  fingerprint: fingerprintOf(blob),
});

/** `SHA256:` and unpadded base64, as ssh-keygen(1) -l prints it. */
export const fingerprintOf = (blob: Buffer): string => `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;

/** For people: type and fingerprint. */
export function printKey(blob: Buffer): string {
  const { type, fingerprint } = describeKey(blob);
  return `${type} ${fingerprint}`;
}

/** The name that the key itself carries; null where this is no key. */
export function typeOfKey(blob: Buffer): string | null {
  if (blob.length < 4) return null;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return null;
  const type = blob.toString('latin1', 4, 4 + length);
  return /^[\w@.+-]+$/.test(type) ? type : null;
}
