import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeKeys, type Random, randomShort, seal, sntrup761 } from '../../../src/ssh/extensions/kem/sntrup761.ts';

describe('sntrup761', () => {
  test('gives the known answer of the submission to NIST', () => {
    const random = nistRandom(Buffer.from(Array.from({ length: 48 }, (_, i) => i)));
    const seed = random(48);
    const ours = nistRandom(Buffer.from(seed));
    const { publicKey, secretKey, decapsulate } = makeKeys(ours);
    const { cipherText, secret } = seal(randomShort(ours), publicKey);
    expect(Buffer.from(decapsulate(cipherText))).toEqual(Buffer.from(secret));
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex').toUpperCase();
    const answer = `count = 0\nseed = ${hex(seed)}\npk = ${hex(publicKey)}\nsk = ${hex(secretKey)}\nct = ${hex(cipherText)}\nss = ${hex(secret)}\n`;
    expect(createHash('sha256').update(answer).digest('hex')).toBe('afc42c3a5b10f4ef69654250097ebda9b9564570f4086744b24a6daf2bd1f89a');
  });

  test('opens what it has sealed, whatever the key', () => {
    for (let i = 0; i < 20; i += 1) {
      const { publicKey, decapsulate } = sntrup761.makeKeys();
      const { cipherText, secret } = seal(randomShort(randomBytes), publicKey);
      expect([publicKey.length, cipherText.length]).toEqual([sntrup761.publicKeyBytes, sntrup761.cipherTextBytes]);
      expect(Buffer.from(decapsulate(cipherText))).toEqual(Buffer.from(secret));
    }
  });

  test('gives a secret that nobody else has for a ciphertext that was changed, wherever that was', () => {
    const { publicKey, decapsulate } = sntrup761.makeKeys();
    const { cipherText, secret } = seal(randomShort(randomBytes), publicKey);
    for (const at of [0, 500, 1006, 1007, 1038]) {
      const changed = Buffer.from(cipherText);
      changed[at]! ^= 1;
      expect(Buffer.from(decapsulate(changed))).not.toEqual(Buffer.from(secret));
      expect(Buffer.from(decapsulate(changed))).toEqual(Buffer.from(decapsulate(changed)));
    }
  });
});

/** The generator of NIST's known answers (PQCgenKAT: AES-256 in counter mode, SP 800-90A, no derivation function). */
function nistRandom(seed: Buffer): Random {
  let key: Buffer = Buffer.alloc(32);
  let counter: Buffer = Buffer.alloc(16);
  const blocks = (count: number): Buffer => {
    const out: Buffer[] = [];
    for (let i = 0; i < count; i += 1) {
      const next = (BigInt(`0x${counter.toString('hex')}`) + 1n) & (2n ** 128n - 1n);
      counter = Buffer.from(next.toString(16).padStart(32, '0'), 'hex');
      out.push(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(counter));
    }
    return Buffer.concat(out);
  };
  const update = (data?: Buffer): void => {
    const fresh = blocks(3).map((byte, i) => byte ^ (data?.[i] ?? 0)) as Buffer;
    key = Buffer.from(fresh.subarray(0, 32));
    counter = Buffer.from(fresh.subarray(32, 48));
  };
  update(seed);
  return (count) => {
    const bytes = blocks(Math.ceil(count / 16)).subarray(0, count);
    update();
    return bytes;
  };
}
