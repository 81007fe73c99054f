/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
import { createHash, randomBytes } from 'node:crypto';
import { invertSmall } from './invert-3.ts';
import { invertTriple } from './invert-q.ts';
import type { Kem, KemKeys } from './kem.ts';
import { DEGREE, F3, FQ, multiply, reduce } from './ring.ts';
import { decode, encode, encodeSmall } from './sntrup-encoding.ts';
import { sortInPlace } from './sort.ts';

/**
 * Streamlined NTRU Prime 761, as its authors specify it ("NTRU Prime: round 3", section 3 and 4) and as OpenSSH uses it. No
 * library of ours has it. In JavaScript nothing can be promised of timing; but no branch and no address depends on a secret,
 * and each key opens one ciphertext only and is then forgotten.
 */
export const sntrup761: Kem = {
  publicKeyBytes: 1158,
  cipherTextBytes: 1039,
  makeKeys: () => makeKeys(randomBytes),
};

/** Bytes of a generator of random numbers. */
export type Random = (count: number) => Uint8Array;

const Q = FQ.modulus;
const HALF = (Q - 1) / 2;
/** Coefficients of a short element that are not 0. */
const WEIGHT = 286;
const ROUNDED = (Q + 2) / 3;
const HASH_BYTES = 32;

export function makeKeys(random: Random): KemKeys & { readonly secretKey: Uint8Array } {
  const { g, inverse } = invertibleSmall(random);
  const f = randomShort(random);
  const h = multiply(invertTriple(f), g, FQ);
  const publicKey = encode(
    Array.from(h, (x) => x + HALF),
    Q,
  );
  const unknown = random(Math.ceil(DEGREE / 4));
  const secretKey = Buffer.concat([encodeSmall(f), encodeSmall(inverse), publicKey, unknown, hash(4, publicKey)]);
  return { publicKey, secretKey, decapsulate: (cipherText) => open(cipherText, { f, inverse, h, publicKey, unknown }) };
}

/** A public key, and the element that it holds. */
type Public = { readonly h: Int32Array; readonly publicKey: Uint8Array };
type Secret = Public & { readonly f: Int32Array; readonly inverse: Int32Array; readonly unknown: Uint8Array };

function open(cipherText: Uint8Array, { f, inverse, h, publicKey, unknown }: Secret): Uint8Array {
  const r = decrypt(cipherText, { f, inverse });
  const again = sealFor({ h, publicKey }, r);
  let difference = 0;
  again.cipherText.forEach((byte, i) => {
    difference |= byte ^ cipherText[i]!;
  });
  // All ones where it was not sealed as it should be: then the secret is made of what only we know.
  const wrong = -difference >> 31;
  const input = encodeSmall(r).map((byte, i) => byte ^ (wrong & (byte ^ unknown[i]!)));
  return sessionKey(1 + wrong, { input, cipherText });
}

/** Seals a short element for a public key: the ciphertext, and the secret that both then have. */
export function seal(r: Int32Array, publicKey: Uint8Array): Sealed {
  const h = Int32Array.from(decode(publicKey, { base: Q, count: DEGREE }), (digit) => digit - HALF);
  return sealFor({ h, publicKey }, r);
}

type Sealed = { readonly cipherText: Uint8Array; readonly secret: Uint8Array };

function sealFor({ h, publicKey }: Public, r: Int32Array): Sealed {
  const rounded = Array.from(multiply(h, r, FQ), (x) => (x - reduce(x, F3) + HALF) / 3);
  const input = encodeSmall(r);
  const confirmation = hash(2, Buffer.concat([hash(3, input), hash(4, publicKey)]));
  const cipherText = Buffer.concat([encode(rounded, ROUNDED), confirmation]);
  return { cipherText, secret: sessionKey(1, { input, cipherText }) };
}

function decrypt(cipherText: Uint8Array, { f, inverse }: Pick<Secret, 'f' | 'inverse'>): Int32Array {
  const body = cipherText.subarray(0, cipherText.length - HASH_BYTES);
  const c = Int32Array.from(decode(body, { base: ROUNDED, count: DEGREE }), (digit) => digit * 3 - HALF);
  const e = multiply(c, f, FQ).map((x) => reduce(reduce(3 * x, FQ), F3));
  const r = multiply(e, inverse, F3);
  const weight = r.reduce((sum, x) => sum + (x & 1), 0);
  // Of another weight it cannot have been sealed: then some fixed short element is taken.
  const wrong = -(weight ^ WEIGHT) >> 31;
  return r.map((x, i) => x ^ (wrong & (x ^ Number(i < WEIGHT))));
}

const sessionKey = (kind: number, { input, cipherText }: { readonly input: Uint8Array; readonly cipherText: Uint8Array }): Uint8Array =>
  hash(kind, Buffer.concat([hash(3, input), cipherText]));

const hash = (prefix: number, bytes: Uint8Array): Uint8Array =>
  createHash('sha512').update(Uint8Array.of(prefix)).update(bytes).digest().subarray(0, HASH_BYTES);

function invertibleSmall(random: Random): { readonly g: Int32Array; readonly inverse: Int32Array } {
  for (;;) {
    const g = Int32Array.from(randomWords(random), (word) => ((((word & 0x3fffffff) * 3) / 2 ** 30) | 0) - 1);
    const inverse = invertSmall(g);
    if (inverse !== null) return { g, inverse };
  }
}

/** Coefficients -1, 0 and 1 at random places, WEIGHT of them not 0: the low bits of a sorted list are shuffled by the others. */
export function randomShort(random: Random): Int32Array {
  const words = randomWords(random).map((word, i) => (i < WEIGHT ? word & ~1 : (word & ~3) | 1));
  sortInPlace(words);
  return Int32Array.from(words, (word) => (word & 3) - 1);
}

function randomWords(random: Random): Uint32Array {
  const bytes = random(4 * DEGREE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: DEGREE }, (_, i) => view.getUint32(4 * i, true));
}
