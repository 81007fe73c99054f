import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { creditDue, FIRST_WINDOW, isIdle, isRoundOver, LEAST_WINDOW, wantedSize } from '../../src/decide/receive-window.ts';

const MIB = 1024 * 1024;
const window = { size: 2 * MIB, open: 2 * MIB, round: 0, roundSince: 1_000 };

describe('the size of a receive window', () => {
  test.each([
    ['nothing came', 0, 1_010, 10, 2 * MIB],
    ['half of it came in a round trip', MIB, 1_010, 10, 2 * MIB],
    ['more than half of it came in a round trip', 1.5 * MIB, 1_010, 10, 3 * MIB],
    ['all of it came in a round trip', 2 * MIB, 1_010, 10, 4 * MIB],
    ['the round trip is not over', 2 * MIB, 1_009, 10, 2 * MIB],
    ['as much came, but in two round trips', 2 * MIB, 1_020, 10, 2 * MIB],
    ['no time has passed', 2 * MIB, 1_000, 0, 2 * MIB],
  ])('where %s', (_, round, now, rttMs, wanted) => {
    expect(wantedSize({ ...window, round }, { now, rttMs })).toBe(wanted);
  });

  test('never falls by what is wanted, and grows only after a whole round trip that filled more than half of it', () => {
    const sizes = fc.integer({ min: LEAST_WINDOW, max: 64 * MIB });
    fc.assert(
      fc.property(sizes, fc.nat(128 * MIB), fc.nat(5_000), fc.nat(2_000), (size, round, elapsed, rttMs) => {
        const at = { now: 1_000 + elapsed, rttMs };
        const wanted = wantedSize({ ...window, size, round }, at);
        expect(wanted).toBeGreaterThanOrEqual(size);
        expect(Number.isSafeInteger(wanted)).toBe(true);
        if (wanted > size) {
          expect(isRoundOver({ ...window, size, round }, at)).toBe(true);
          expect(round).toBeGreaterThan(size / 2);
          expect(wanted).toBeLessThanOrEqual(2 * round + 1);
        }
      }),
    );
  });

  test('is idle only beyond its first size and after ten seconds without a round', () => {
    expect(isIdle({ ...window, size: 3 * MIB }, 11_001)).toBe(true);
    expect(isIdle({ ...window, size: 3 * MIB }, 11_000)).toBe(false);
    expect(isIdle({ ...window, size: FIRST_WINDOW }, 100_000)).toBe(false);
  });
});

describe('credit', () => {
  test.each([
    ['nothing was taken', 2 * MIB, 0, 0],
    ['too little was taken for a packet', 2 * MIB - 256 * 1024 + 1, 0, 0],
    ['256 KB were taken', 2 * MIB - 256 * 1024, 0, 256 * 1024],
    ['all that came is still unread', MIB, MIB, 0],
    ['half of what came is unread', MIB, MIB / 2, MIB / 2],
    ['the window has shrunk below what is allowed', 3 * MIB, 0, 0],
    ['more is unread than ever was allowed', 0, 3 * MIB, 0],
  ])('where %s', (_, open, unread, due) => {
    expect(creditDue({ size: 2 * MIB, open }, unread)).toBe(due);
  });

  test('keeps what is allowed and what waits here within the window, whatever comes and is taken, and never lets it stand still', () => {
    const steps = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.integer({ min: LEAST_WINDOW, max: 32 * MIB }), steps, (size, turns) => {
        let [open, unread] = [size, 0];
        const give = (): void => void (open += creditDue({ size, open }, unread));
        for (const [comes, taken] of turns) {
          const bytes = Math.floor(open * comes);
          open -= bytes;
          unread += bytes;
          unread -= Math.floor(unread * taken);
          give();
          expect(open).toBeGreaterThanOrEqual(0);
          expect(open + unread).toBeLessThanOrEqual(size);
        }
        unread = 0;
        give();
        expect(open).toBeGreaterThanOrEqual(Math.floor(size / 2));
      }),
    );
  });
});
