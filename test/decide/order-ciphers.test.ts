import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authenticates, orderCiphers } from '../../src/decide/order-ciphers.ts';
import type { CipherCosts } from '../../src/model/cipher-costs.ts';

const [A128, A256, CHA] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'chacha20-poly1305@openssh.com'] as const;
const CTR = ['aes128-ctr', 'aes192-ctr', 'aes256-ctr'] as const;
const costs = (a128: number, a256: number, cha: number): CipherCosts => ({ [A128]: a128, [A256]: a256, [CHA]: cha });

/** As ssh2 has them: with AES in the processor, with AES and its compiled part, and without AES. */
const WITH_AES = [A128, A256, ...CTR, CHA];
const COMPILED = [A128, A256, 'aes128-ctr', 'aes192-ctr', CHA, 'aes256-ctr'];
const WITHOUT_AES = [CHA, A128, A256, ...CTR];

describe('the order of ciphers', () => {
  test.each([
    ['with AES in the processor', WITH_AES, [A128, A256, CHA]],
    ['with the compiled part', COMPILED, [A128, A256, CHA]],
    ['without AES', WITHOUT_AES, [CHA, A128, A256]],
    ['of an allowed list without AES-GCM', [...CTR, CHA], [CHA]],
  ])('is what the processor suggests as long as nothing was measured: %s', (_, allowed, sealing) => {
    expect(orderCiphers(allowed, null)).toEqual([...sealing, ...CTR]);
  });

  test.each([
    ['all cost the same', costs(1, 1, 1), [A128, A256, CHA]],
    ['a machine with AES and the compiled part', costs(0.58, 0.61, 0.78), [A128, A256, CHA]],
    ['a machine with AES and none', costs(1, 1.05, 2.9), [A128, A256, CHA]],
    ['a machine without AES', costs(12, 16, 2.5), [CHA, A128, A256]],
    ['aes256 is 8 % faster, which is chance', costs(1.08, 1, 3), [A128, A256, CHA]],
    ['aes256 is 15 % faster', costs(1.15, 1, 3), [A256, A128, CHA]],
    ['ChaCha is 1.5 times as fast here, and the server has to do it too', costs(1.5, 1.6, 1), [A128, A256, CHA]],
    ['ChaCha is 1.7 times as fast', costs(1.7, 1.8, 1), [CHA, A128, A256]],
    ['ChaCha is between the two', costs(4, 1, 1.2), [A256, CHA, A128]],
  ])('is what was measured: %s', (_, measured, sealing) => {
    for (const allowed of [WITH_AES, COMPILED]) expect(orderCiphers(allowed, measured)).toEqual([...sealing, ...CTR]);
  });

  test('takes the measurement over what the processor suggests', () => {
    expect(orderCiphers(WITHOUT_AES, costs(1, 1, 3))[0]).toBe(A128);
    expect(orderCiphers(WITHOUT_AES, costs(12, 16, 2.5))[0]).toBe(CHA);
  });

  test('keeps what was not measured behind what was, and what cannot authenticate behind all', () => {
    expect(orderCiphers([A128, 'aes128-ctr', A256], { [A256]: 1, 'aes128-ctr': 0.1, gone: 0.01 })).toEqual([A256, A128, 'aes128-ctr']);
  });

  test('never allows anything else, leaves nothing out and is the same each time', () => {
    const cost = fc.double({ min: 0.001, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(fc.shuffledSubarray(WITH_AES), fc.dictionary(fc.constantFrom(...WITH_AES, 'made-up'), cost), (allowed, measured) => {
        const ordered = orderCiphers(allowed, measured);
        expect(ordered.toSorted()).toEqual(allowed.toSorted());
        expect(orderCiphers(allowed, measured)).toEqual(ordered);
        const weak = ordered.findIndex((name) => !authenticates(name));
        expect(weak === -1 || ordered.slice(weak).every((name) => !authenticates(name))).toBe(true);
      }),
    );
  });
});
