import { randomBytes } from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Kem } from './kem.ts';

/** ML-KEM-768 (FIPS 203). */
export const mlkem768: Kem = {
  publicKeyBytes: 1184,
  cipherTextBytes: 1088,
  makeKeys() {
    const { publicKey, secretKey } = ml_kem768.keygen(randomBytes(64));
    return { publicKey, decapsulate: (cipherText) => ml_kem768.decapsulate(cipherText, secretKey) };
  },
};
