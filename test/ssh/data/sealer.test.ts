import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PAYLOAD_AT, type Sealer, sealerFor } from '../../../src/ssh/data/sealer.ts';
import type { Cipher } from '../../../src/ssh/data/inside.ts';
import { CIPHER_KINDS, pairOf, sealedBySsh2 } from './ciphers.ts';

const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 33_000 })), { minLength: 1, maxLength: 12 });

/** All of them, one behind the other in one buffer, as a batch has them. */
function sealAll(sealer: Sealer, payloads: readonly Buffer[]): Buffer {
  const batch = Buffer.alloc(payloads.reduce((sum, { length }) => sum + sealer.room(length), 0));
  let used = 0;
  for (const payload of payloads) {
    batch.set(payload, used + PAYLOAD_AT);
    used += sealer.seal(batch, used, payload.length);
  }
  return batch.subarray(0, used);
}

describe.each(CIPHER_KINDS)('our packets of $cipher $mac', (kind) => {
  test('are opened by ssh2 as they were made, also where ssh2 has made some between them', () => {
    fc.assert(
      fc.property(sizes, sizes, (first, second) => {
        const got: Buffer[] = [];
        const pair = pairOf(kind, (payload) => void got.push(Buffer.from(payload)));
        const [ours, theirs, more] = [first, second, first].map((all) => all.map((length, at) => Buffer.alloc(length, `${at}.`)));
        const sealer = sealerFor(pair.cipher) as Sealer;
        const stream = Buffer.concat([sealAll(sealer, ours ?? []), sealedBySsh2(pair, theirs ?? []), sealAll(sealer, more ?? [])]);
        pair.decipher.decrypt(stream, 0, stream.length);
        expect(Buffer.concat(got).equals(Buffer.concat([...(ours ?? []), ...(theirs ?? []), ...(more ?? [])]))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('are no longer made with keys that were freed', () => {
    const { cipher } = pairOf(kind);
    const sealer = sealerFor(cipher) as Sealer;
    (cipher as Cipher & { free(): void }).free();
    expect(sealer.seal(Buffer.alloc(sealer.room(10)), 0, 10)).toBe(0);
  });
});

test('packets of a cipher that is not known are left to ssh2', () => {
  class Another {}
  expect(sealerFor(new Another() as Cipher)).toBeNull();
  expect(sealerFor(Object.assign(new Another(), { _instance: { encrypt: () => {} } }) as unknown as Cipher)).toBeNull();
});
