import { createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';

export const X25519_BYTES = 32;

/** X25519 (RFC 7748) for one exchange. `agree` throws where the other's key is no good one, as when all of the secret would be 0. */
export function makeX25519(): { readonly publicKey: Buffer; agree(theirs: Uint8Array): Buffer } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-X25519_BYTES),
    agree: (theirs) => {
      const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, theirs]), type: 'spki', format: 'der' });
      return diffieHellman({ privateKey, publicKey: key });
    },
  };
}

/** What stands before the 32 bytes in a SubjectPublicKeyInfo of X25519 (RFC 8410 section 10.1). */
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex');
