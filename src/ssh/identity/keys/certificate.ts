import { isSignedBy, signatureAlgorithmOf } from './signature.ts';
import { typeOfKey } from '../host-keys/host-key.ts';
import { readPublicKey } from './public-key.ts';
import { readWhole, wireString, type WireReader } from './wire-reader.ts';

/** An OpenSSH certificate (OpenSSH's PROTOCOL.certkeys). */
export type Certificate = {
  readonly kind: 'user' | 'host';
  /** Such as `ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string;
  /** Type of the key that is certified, such as `ssh-ed25519`. */
  readonly keyType: string;
  /** That key in SSH's wire form, as it is without a certificate. */
  readonly publicKey: Buffer;
  readonly serial: bigint;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970: valid from `validAfter` on, and before `validBefore`; all ones stands for ever. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly critical: ReadonlyMap<string, Buffer>;
  readonly extensions: ReadonlyMap<string, Buffer>;
  /** The authority's key in wire form. */
  readonly caKey: Buffer;
  readonly caType: string;
  /** Of the authority's signature, such as `rsa-sha2-512`. */
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
  /** What is signed: the certificate up to the signature. */
  readonly signed: Buffer;
};

/** Null where this is no certificate that OpenSSH would read. That it is well signed is not yet said. */
export function parseCertificate(blob: Buffer): Certificate | null {
  return readWhole(blob, (reader) => readCertificate(reader, blob));
}

/** The key in a certificate; of anything else the bytes themselves. */
export const plainKeyOf = (blob: Buffer): Buffer => parseCertificate(blob)?.publicKey ?? blob;

/** Whether OpenSSH would read it as a key or a certificate. */
export const isKey = (blob: Buffer): boolean => readPublicKey(blob) !== null || parseCertificate(blob) !== null;

/** Whether the signature is that of the authority's key which the certificate itself carries; nothing is said of trust in it. */
export const isSignedByItsCa = ({ caKey, signature, signed }: Certificate): boolean => isSignedBy(caKey, { signature, signed });

/** For each type of certificate the type of its key, and how many fields that key has. */
const KEYS: ReadonlyMap<string, { readonly keyType: string; readonly fields: number }> = new Map(
  Object.entries({
    'ssh-ed25519': 1,
    'ssh-rsa': 2,
    'ssh-dss': 4,
    'ecdsa-sha2-nistp256': 2,
    'ecdsa-sha2-nistp384': 2,
    'ecdsa-sha2-nistp521': 2,
    'sk-ssh-ed25519@openssh.com': 2,
    'sk-ecdsa-sha2-nistp256@openssh.com': 3,
  }).map(([keyType, fields]) => [`${keyType.replace('@openssh.com', '')}-cert-v01@openssh.com`, { keyType, fields }]),
);

/** OpenSSH takes no more (sshkey.h, SSHKEY_CERT_MAX_PRINCIPALS). */
const MOST_PRINCIPALS = 256;

function readCertificate(reader: WireReader, blob: Buffer): Certificate | null {
  const type = reader.text();
  const key = KEYS.get(type);
  if (key === undefined) return null;
  reader.string(); // nonce
  const from = reader.at;
  for (let field = 0; field < key.fields; field += 1) reader.string();
  const publicKey = Buffer.concat([wireString(key.keyType), blob.subarray(from, reader.at)]);
  const said = readStatement(reader);
  const signed = blob.subarray(0, reader.at);
  const signature = reader.string();
  const signatureAlgorithm = signatureAlgorithmOf(signature);
  if (said === null || signatureAlgorithm === null) return null;
  return { type, keyType: key.keyType, publicKey, ...said, signatureAlgorithm, signature, signed };
}

type Statement = Omit<Certificate, 'type' | 'keyType' | 'publicKey' | 'signatureAlgorithm' | 'signature' | 'signed'>;

function readStatement(reader: WireReader): Statement | null {
  const serial = reader.uint64();
  const kind = KINDS[reader.uint32()];
  const keyId = reader.text();
  const principals = readWhole(reader.string(), (list) => list.all((one) => one.text()));
  const validAfter = reader.uint64();
  const validBefore = reader.uint64();
  const critical = readOptions(reader.string());
  const extensions = readOptions(reader.string());
  reader.string(); // reserved
  const caKey = reader.string();
  const caType = typeOfKey(caKey);
  if (!kind || !principals || principals.length > MOST_PRINCIPALS || !critical || !extensions) return null;
  if (caType === null || caType.includes('-cert-')) return null;
  return { serial, kind, keyId, principals, validAfter, validBefore, critical, extensions, caKey, caType };
}

const KINDS: Readonly<Record<number, Certificate['kind']>> = { 1: 'user', 2: 'host' };

function readOptions(bytes: Buffer): ReadonlyMap<string, Buffer> | null {
  const options = readWhole(bytes, (reader) => reader.all((one) => [one.text(), one.string()] as const));
  return options && new Map(options);
}
