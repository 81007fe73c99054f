import { createHash } from 'node:crypto';
import type { Certificate } from '../keys/certificate.ts';
import { readPublicKey } from '../keys/public-key.ts';
import { readWhole, type WireReader } from '../keys/wire-reader.ts';

/** What a key revocation list revokes (OpenSSH's PROTOCOL.krl). Keys and digests are base64. */
export type Krl = {
  readonly keys: ReadonlySet<string>;
  readonly sha1: ReadonlySet<string>;
  readonly sha256: ReadonlySet<string>;
  readonly certificates: readonly RevokedCertificates[];
};

type RevokedCertificates = {
  /** Base64; empty: of every authority. */
  readonly ca: string;
  readonly keyIds: readonly string[];
  /** Whether a serial number, other than 0, is revoked. */
  readonly serials: readonly ((serial: bigint) => boolean)[];
};

const MAGIC = 'SSHKRL\n\0';

export const isKrl = (bytes: Buffer): boolean => bytes.toString('latin1', 0, MAGIC.length) === MAGIC;

/** Null where any part of it is broken or not known: what it would revoke cannot be told then, so nothing may pass. */
export function parseKrl(bytes: Buffer): Krl | null {
  return readWhole(bytes, (reader) => {
    reader.raw(MAGIC.length);
    const version = reader.uint32();
    reader.raw(24); // the list's own version, its date, flags
    reader.string(); // reserved
    reader.text(); // comment
    return version === 1 ? merge(reader.all(readSection)) : null;
  });
}

/** Whether it revokes the key (plain, wire form), its certificate where there is one, or that one's authority. */
export function isRevokedBy(krl: Krl, key: Buffer, certificate: Certificate | null): boolean {
  if (isKeyRevoked(krl, key)) return true;
  return certificate !== null && (isKeyRevoked(krl, certificate.caKey) || isCertificateRevoked(krl, certificate));
}

const digest = (hash: string, key: Buffer): string => createHash(hash).update(key).digest('base64');

const isKeyRevoked = ({ keys, sha1, sha256 }: Krl, key: Buffer): boolean =>
  keys.has(key.toString('base64')) || sha1.has(digest('sha1', key)) || sha256.has(digest('sha256', key));

function isCertificateRevoked({ certificates }: Krl, { caKey, keyId, serial }: Certificate): boolean {
  const ca = caKey.toString('base64');
  return (
    certificates
      .filter((some) => some.ca === '' || some.ca === ca)
      // A serial of 0 is what an authority gives that does not count.
      .some(({ keyIds, serials }) => keyIds.includes(keyId) || (serial !== 0n && serials.some((has) => has(serial))))
  );
}

type Section =
  | { readonly is: 'keys' | 'sha1' | 'sha256'; readonly blobs: readonly string[] }
  | { readonly is: 'certificates'; readonly certificates: RevokedCertificates }
  | { readonly is: 'skip' };

function merge(sections: readonly (Section | null)[]): Krl | null {
  const known = sections.filter((section) => section !== null);
  if (known.length < sections.length) return null;
  const blobs = (is: Section['is']) => new Set(known.flatMap((section) => (section.is === is && 'blobs' in section ? section.blobs : [])));
  return {
    keys: blobs('keys'),
    sha1: blobs('sha1'),
    sha256: blobs('sha256'),
    certificates: known.flatMap((section) => (section.is === 'certificates' ? section.certificates : [])),
  };
}

/** A signature (4) is refused, as OpenSSH has not verified one since 9.4. */
function readSection(reader: WireReader): Section | null {
  const type = reader.byte();
  return readWhole(reader.string(), (section) => SECTIONS[type]?.(section) ?? null);
}

const SECTIONS: Readonly<Record<number, (section: WireReader) => Section | null>> = {
  1: readCertificates,
  2: (section) => ({ is: 'keys', blobs: readBlobs(section) }),
  3: (section) => digests(section, { is: 'sha1', length: 20 }),
  5: (section) => digests(section, { is: 'sha256', length: 32 }),
  255: (section) => (isOptionalExtension(section) ? { is: 'skip' } : null),
};

const readBlobs = (section: WireReader): string[] => section.all((one) => one.string().toString('base64'));

function digests(section: WireReader, { is, length }: { is: 'sha1' | 'sha256'; length: number }): Section | null {
  const blobs = section.all((one) => one.string());
  return blobs.every((blob) => blob.length === length) ? { is, blobs: blobs.map((blob) => blob.toString('base64')) } : null;
}

/** An extension that is critical and unknown makes the whole list unreadable. */
function isOptionalExtension(section: WireReader): boolean {
  section.text(); // name
  const critical = section.byte() !== 0;
  section.string();
  return !critical;
}

function readCertificates(section: WireReader): Section | null {
  const ca = section.string();
  section.string(); // reserved
  const parts = section.all(readCertificatePart);
  if ((ca.length > 0 && readPublicKey(ca) === null) || parts.includes(null)) return null;
  const known = parts.filter((part) => part !== null);
  return {
    is: 'certificates',
    certificates: {
      ca: ca.toString('base64'),
      keyIds: known.flatMap(({ keyIds }) => keyIds ?? []),
      serials: known.flatMap(({ serials }) => serials ?? []),
    },
  };
}

type CertificatePart = { readonly keyIds?: readonly string[]; readonly serials?: RevokedCertificates['serials'] };

function readCertificatePart(reader: WireReader): CertificatePart | null {
  const type = reader.byte();
  return readWhole(reader.string(), (part) => PARTS[type]?.(part) ?? null);
}

const PARTS: Readonly<Record<number, (part: WireReader) => CertificatePart | null>> = {
  0x20: (part) => {
    const serials = part.all((one) => one.uint64());
    return serials.includes(0n) ? null : { serials: [(serial) => serials.includes(serial)] };
  },
  0x21: (part) => {
    const [from, to] = [part.uint64(), part.uint64()];
    return from === 0n || from > to ? null : { serials: [(serial) => from <= serial && serial <= to] };
  },
  0x22: readBitmap,
  0x23: (part) => ({ keyIds: part.all((one) => one.text()) }),
  0x39: (part) => (isOptionalExtension(part) ? {} : null),
};

/** OpenSSH takes no larger number (sshbuf.h, SSHBUF_MAX_BIGNUM). */
const LONGEST_BITMAP = 2049;
const LAST_SERIAL = 0xffff_ffff_ffff_ffffn;

/** Bit N of an mpint stands for the serial `offset + N`. */
function readBitmap(part: WireReader): CertificatePart | null {
  const offset = part.uint64();
  const bytes = part.string();
  if (bytes.length > LONGEST_BITMAP || (bytes[0] ?? 0) >= 0x80) return null;
  const bits = BigInt(`0x0${bytes.toString('hex')}`);
  const last = offset + BigInt(bits.toString(2).length - 1);
  if (last > LAST_SERIAL || (offset === 0n && (bits & 1n) === 1n)) return null;
  return { serials: [(serial) => serial >= offset && serial <= last && ((bits >> (serial - offset)) & 1n) === 1n] };
}
