import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { describe, expect, test } from 'vitest';
import { mlkem768 } from '../../../src/ssh/extensions/kem/mlkem768.ts';
import { makeX25519 } from '../../../src/ssh/extensions/kem/x25519.ts';
import { knownAnswer } from './known-answer.ts';

describe('ML-KEM-768', () => {
  // As liboqs lists it.
  test('gives the known answer', () => {
    const answer = knownAnswer((random) => {
      const seed = random(64);
      const { publicKey: pk, secretKey: sk } = ml_kem768.keygen(seed);
      const { cipherText: ct, sharedSecret: ss } = ml_kem768.encapsulate(pk, random(32));
      expect(ml_kem768.decapsulate(ct, sk)).toEqual(ss);
      return { pk, sk, ct, ss };
    });
    expect(answer).toBe('5352539586b6c3df58be6158a6250aeff402bd73060b0a3de68850ac074c17c3');
  });

  test('opens what was sealed for it, with sizes as it says', () => {
    const { publicKey, decapsulate } = mlkem768.makeKeys();
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey);
    expect([publicKey.length, cipherText.length]).toEqual([mlkem768.publicKeyBytes, mlkem768.cipherTextBytes]);
    expect(decapsulate(cipherText)).toEqual(sharedSecret);
  });
});

describe('X25519', () => {
  test('comes to the same secret on both sides, all 32 bytes of it', () => {
    for (let i = 0; i < 300; i += 1) {
      const [one, other] = [makeX25519(), makeX25519()];
      expect(one.agree(other.publicKey)).toEqual(other.agree(one.publicKey));
      expect(one.agree(other.publicKey).length).toBe(32);
    }
  });

  test('refuses a point that would make the secret 0, whoever asks', () => {
    const points = [Buffer.alloc(32), Buffer.from(`01${'00'.repeat(31)}`, 'hex')];
    for (const point of points) expect(() => makeX25519().agree(point)).toThrow(Error);
  });
});
