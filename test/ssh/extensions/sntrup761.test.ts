import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeKeys, randomShort, seal, sntrup761 } from '../../../src/ssh/extensions/kem/sntrup761.ts';
import { knownAnswer } from './known-answer.ts';

describe('sntrup761', () => {
  test('gives the known answer of the submission to NIST', () => {
    const answer = knownAnswer((random) => {
      const { publicKey: pk, secretKey: sk, decapsulate } = makeKeys(random);
      const { cipherText: ct, secret: ss } = seal(randomShort(random), pk);
      expect(Buffer.from(decapsulate(ct))).toEqual(Buffer.from(ss));
      return { pk, sk, ct, ss };
    });
    expect(answer).toBe('afc42c3a5b10f4ef69654250097ebda9b9564570f4086744b24a6daf2bd1f89a');
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
