import { sign } from 'node:crypto';
import type { ParsedKey } from 'ssh2';
import { type Signer, SigningFailed } from './login-key.ts';
import { wireString } from './wire-reader.ts';

/** Signs with an unlocked private key (RFC 4253 section 6.6, RFC 5656 section 3.1.2, RFC 8332, RFC 8709). */
export function fileSigner(key: ParsedKey): Signer {
  return async (data, { algorithm }) => {
    const hash = HASHES[algorithm];
    if (hash === undefined) throw new SigningFailed('no-common-algorithm');
    const made = sign(hash, data, { key: key.getPrivatePEM(), dsaEncoding: 'ieee-p1363' });
    const value = algorithm.startsWith('ecdsa-') ? twoNumbers(made) : made;
    return Buffer.concat([wireString(algorithm), wireString(value)]);
  };
}

const HASHES: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-512': 'sha512',
  'rsa-sha2-256': 'sha256',
  'ssh-rsa': 'sha1',
};

/** r and s, each in half of the bytes, as mpints (RFC 4251 section 5). */
function twoNumbers(bytes: Buffer): Buffer {
  const half = bytes.length / 2;
  return Buffer.concat([mpint(bytes.subarray(0, half)), mpint(bytes.subarray(half))]);
}

function mpint(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.alloc(0) : bytes.subarray(first);
  return wireString((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits);
}
