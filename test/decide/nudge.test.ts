import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CALM, heard, type Nudging } from '../../src/decide/nudge.ts';

/** What is decided at each read: when it came, how many packets had been sent by then, its size. */
function nudged(reads: readonly (readonly [now: number, sent: number, bytes: number])[]): boolean[] {
  let nudging: Nudging = CALM;
  return reads.map(([now, sent, bytes]) => {
    const next = heard(nudging, { now, sent, bytes });
    nudging = next;
    return next.nudge;
  });
}

describe('a server whose small answers wait for our acknowledgement', () => {
  test.each([
    ['is left alone at first', [[0, 1, 36]], [false]],
    [
      'is answered at once after a stall of 40 ms was seen',
      [
        [0, 1, 36],
        [41, 1, 36],
        [42, 2, 36],
      ],
      [false, true, true],
    ],
    [
      'is not taken for one where we had sent something meanwhile',
      [
        [0, 1, 36],
        [41, 2, 36],
      ],
      [false, false],
    ],
    [
      'is not taken for one that takes its time',
      [
        [0, 1, 36],
        [200, 1, 36],
      ],
      [false, false],
    ],
    [
      'is not taken for one that is quick',
      [
        [0, 1, 36],
        [2, 1, 36],
      ],
      [false, false],
    ],
    [
      'gets nothing in the middle of bulk',
      [
        [0, 1, 36],
        [41, 1, 65_536],
        [42, 1, 36],
      ],
      [false, false, true],
    ],
  ] as const)('%s', (_, reads, expected) => {
    expect(nudged(reads)).toEqual(expected);
  });

  test('is left alone again after two hundred nudges without another stall', () => {
    const reads = Array.from({ length: 260 }, (_, i) => [40 + i, i + 2, 36] as const);
    const told = nudged([[0, 1, 36], [40, 1, 36], ...reads.slice(1)]);
    expect(told.filter(Boolean)).toHaveLength(200);
    expect(told.at(-1)).toBe(false);
  });

  test('is never answered without a stall, whatever it sends', () => {
    const read = fc.tuple(fc.integer({ min: 60, max: 5_000 }), fc.nat({ max: 3 }), fc.nat({ max: 100_000 }));
    fc.assert(
      fc.property(fc.array(read, { maxLength: 50 }), (steps) => {
        let [now, sent] = [0, 0];
        const reads = steps.map(([gap, more, bytes]) => [(now += gap), (sent += more), bytes] as const);
        expect(nudged(reads)).not.toContain(true);
      }),
    );
  });
});
