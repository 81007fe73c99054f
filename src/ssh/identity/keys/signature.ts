import { createHash, verify } from 'node:crypto';
import { readPublicKey, type PublicKey } from './public-key.ts';
import { readWhole, type WireReader } from './wire-reader.ts';

export type Signed = { readonly signature: Buffer; readonly signed: Buffer };

/** The name that a signature carries (RFC 4253 section 6.6); null where this is none. */
export const signatureAlgorithmOf = (signature: Buffer): string | null => parse(signature)?.algorithm ?? null;

/** Whether `signature` is one of the key `blob` (wire form) over `signed`, whatever algorithm that key can sign with. */
export function isSignedBy(blob: Buffer, { signature, signed }: Signed): boolean {
  const key = readPublicKey(blob);
  const parsed = parse(signature);
  if (key === null || parsed === null) return false;
  const checked = CHECKS[key.type]?.[parsed.algorithm];
  if (checked === undefined) return false;
  const said = key.application === null ? signed : signedByAuthenticator(key.application, parsed.rest, signed);
  if (said === null || (key.application === null && parsed.rest.length > 0)) return false;
  return isValid(checked, { key, said, value: parsed.value });
}

type Check = { readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512' | null; readonly curveBytes?: number };

/** Which signatures a type of key makes. PROTOCOL.u2f: those of security keys are over a digest of the message. */
const CHECKS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'ssh-ed25519': { 'ssh-ed25519': { hash: null } },
  'ssh-rsa': { 'rsa-sha2-256': { hash: 'sha256' }, 'rsa-sha2-512': { hash: 'sha512' }, 'ssh-rsa': { hash: 'sha1' } },
  'ecdsa-sha2-nistp256': { 'ecdsa-sha2-nistp256': { hash: 'sha256', curveBytes: 32 } },
  'ecdsa-sha2-nistp384': { 'ecdsa-sha2-nistp384': { hash: 'sha384', curveBytes: 48 } },
  'ecdsa-sha2-nistp521': { 'ecdsa-sha2-nistp521': { hash: 'sha512', curveBytes: 66 } },
  'sk-ssh-ed25519@openssh.com': { 'sk-ssh-ed25519@openssh.com': { hash: null } },
  'sk-ecdsa-sha2-nistp256@openssh.com': { 'sk-ecdsa-sha2-nistp256@openssh.com': { hash: 'sha256', curveBytes: 32 } },
};

/** `rest`: what follows the signature proper, as security keys have it. */
const parse = (signature: Buffer) =>
  readWhole(signature, (reader) => {
    const [algorithm, value] = [reader.text(), reader.string()];
    return { algorithm, value, rest: reader.raw(signature.length - reader.at) };
  });

/** PROTOCOL.u2f: what a security key signs is the digest of the application, flags, counter, and the digest of the message. */
function signedByAuthenticator(application: Buffer, flagsAndCounter: Buffer, message: Buffer): Buffer | null {
  if (flagsAndCounter.length !== 5) return null;
  return Buffer.concat([sha256(application), flagsAndCounter, sha256(message)]);
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

type Given = { readonly key: PublicKey; readonly said: Buffer; readonly value: Buffer };

function isValid({ hash, curveBytes }: Check, { key, said, value }: Given): boolean {
  const bytes = curveBytes === undefined ? value : readWhole(value, (reader) => twoNumbers(reader, curveBytes));
  try {
    return bytes !== null && verify(hash, said, { key: key.object, dsaEncoding: 'ieee-p1363' }, bytes);
  } catch {
    // A number that no curve or modulus has: OpenSSL throws for some.
    return false;
  }
}

/** RFC 5656 section 3.1.2: r and s as mpints; null where one is too large for the curve. */
function twoNumbers(reader: WireReader, size: number): Buffer | null {
  const numbers = [reader.string(), reader.string()].map((number) => {
    const bytes = number[0] === 0 ? number.subarray(1) : number;
    return bytes.length > size ? null : Buffer.concat([Buffer.alloc(size - bytes.length), bytes]);
  });
  return numbers[0] && numbers[1] ? Buffer.concat([numbers[0], numbers[1]]) : null;
}
