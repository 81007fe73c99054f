import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBytes, printBytes } from '../../src/model/byte-size.ts';

describe('a size in bytes', () => {
  test.each([
    ['64 KiB', 65_536],
    ['32MiB', 33_554_432],
    ['1.5 gib', 1_610_612_736],
    [' 7 ', 7],
    [33_554_432, 33_554_432],
    ['0', 0],
  ])('%j is %d', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each([
    '',
    'x',
    '-1',
    '1 MB',
    '1M',
    '1e3',
    '1,5 MiB',
    '0.5',
    '1 MiB 2 KiB',
    1.5,
    -1,
    Number.NaN,
    '9'.repeat(20),
    '999999999999999 GiB',
  ])('is not %j', (text) => {
    expect(parseBytes(text)).toBeNull();
  });

  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [65_536, '64 KiB'],
    [1.25 * 1024 ** 2, '1.3 MiB'],
    [3 * 1024 ** 4, '3072 GiB'],
  ])('%d prints as %s', (bytes, text) => {
    expect(printBytes(bytes)).toBe(text);
  });

  test('that was printed is read again as about the same', () => {
    fc.assert(
      fc.property(fc.nat(), (bytes) => {
        const again = parseBytes(printBytes(bytes));
        if (again !== null) expect(Math.abs(again - bytes)).toBeLessThanOrEqual(Math.max(1, bytes * 0.06));
      }),
    );
  });
});
