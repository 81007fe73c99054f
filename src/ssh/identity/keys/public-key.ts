import { createPublicKey, type KeyObject } from 'node:crypto';
import { readWhole, type WireReader } from './wire-reader.ts';

export type PublicKey = {
  readonly type: string;
  readonly object: KeyObject;
  /** Of a security key (PROTOCOL.u2f); null: another key. */
  readonly application: Buffer | null;
};

/** A public key in SSH's wire form (RFC 4253 section 6.6, RFC 5656, RFC 8709, PROTOCOL.u2f); null where it is none that verifies. */
export function readPublicKey(blob: Buffer): PublicKey | null {
  return readWhole(blob, (reader) => {
    const type = reader.text();
    const object = toObject(READERS[type]?.(reader));
    return object && { type, object, application: type.startsWith('sk-') ? reader.string() : null };
  });
}

/** Length of an RSA key's modulus; null: another key. */
export const rsaBitsOf = (blob: Buffer): number | null => readPublicKey(blob)?.object.asymmetricKeyDetails?.modulusLength ?? null;

type Jwk = { readonly kty: string } & Readonly<Record<string, string>>;

const ed25519 = (reader: WireReader): Jwk => ({ kty: 'OKP', crv: 'Ed25519', x: reader.string().toString('base64url') });

const rsa = (reader: WireReader): Jwk => {
  const [e, n] = [reader.string(), reader.string()];
  return { kty: 'RSA', e: e.toString('base64url'), n: (n[0] === 0 ? n.subarray(1) : n).toString('base64url') };
};

const ecdsa =
  (name: string, crv: string) =>
  (reader: WireReader): Jwk | null => {
    const [curve, point] = [reader.text(), reader.string()];
    // 4: both coordinates follow, uncompressed (SEC 1, 2.3.3); RFC 5656 has nothing else.
    if (curve !== name || point[0] !== 4 || point.length % 2 === 0) return null;
    const half = (point.length - 1) / 2;
    return { kty: 'EC', crv, x: point.toString('base64url', 1, 1 + half), y: point.toString('base64url', 1 + half) };
  };

const READERS: Readonly<Record<string, (reader: WireReader) => Jwk | null>> = {
  'ssh-ed25519': ed25519,
  'ssh-rsa': rsa,
  'ecdsa-sha2-nistp256': ecdsa('nistp256', 'P-256'),
  'ecdsa-sha2-nistp384': ecdsa('nistp384', 'P-384'),
  'ecdsa-sha2-nistp521': ecdsa('nistp521', 'P-521'),
  'sk-ssh-ed25519@openssh.com': ed25519,
  'sk-ecdsa-sha2-nistp256@openssh.com': ecdsa('nistp256', 'P-256'),
};

/** OpenSSH reads no smaller one (sshkey.h, SSH_RSA_MINIMUM_MODULUS_SIZE). */
const LEAST_RSA_BITS = 1024;

function toObject(key: Jwk | null | undefined): KeyObject | null {
  if (!key) return null;
  try {
    const object = createPublicKey({ key, format: 'jwk' });
    return (object.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS) < LEAST_RSA_BITS ? null : object;
  } catch {
    // Right in form, and not a point of the curve.
    return null;
  }
}
