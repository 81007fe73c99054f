import { describe, expect, test } from 'vitest';
import type { Decipher, Inside } from '../../../src/ssh/data/inside.ts';
import { openerFor } from '../../../src/ssh/data/opener.ts';
import { CIPHER_KINDS, pairOf, sealedBySsh2 } from './ciphers.ts';

const openerOf = (decipher: Decipher) => openerFor({ _decipher: decipher } as Inside);

describe.each(CIPHER_KINDS.filter(({ isOurs }) => isOurs))('the decipher of $cipher $mac', (kind) => {
  test("is ours at the boundary of a packet, and ssh2's as long as that has begun with one", () => {
    const pair = pairOf(kind);
    const { decipher } = pair;
    const stream = sealedBySsh2(pair, [Buffer.alloc(100), Buffer.alloc(100)]);
    for (let at = 0; at < stream.length; at++) {
      const isBoundary = at === 0 || at === stream.length / 2;
      expect(openerOf(decipher) !== null).toBe(isBoundary);
      decipher.decrypt(stream.subarray(at, at + 1), 0, 1);
    }
    expect(openerOf(decipher)).not.toBeNull();
  });

  test.each(['decrypt', 'decryptLen'])('is left to ssh2 where its native part has no %s that is needed', (name) => {
    const { decipher } = pairOf(kind);
    Object.assign(decipher, { _instance: name === 'decrypt' ? {} : { decrypt: () => {} } });
    const isNeeded = name === 'decrypt' || kind.cipher.startsWith('chacha');
    expect(openerOf(decipher) === null).toBe(isNeeded);
  });
});
