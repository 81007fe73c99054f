import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEAVY, isAtRest, type Load, NO_LOAD, type Tally, weigh } from '../../src/decide/heavy.ts';

const MIB = 1024 * 1024;

/** What the load is after each tally: `[seconds, MiB sent in all, MiB received in all]`. */
function after(tallies: readonly (readonly [number, number, number])[]): string[] {
  let load: Load = NO_LOAD;
  return tallies.map(([at, sent, received]) => {
    load = weigh(load, { at: at * 1_000, sent: sent * MIB, received: received * MIB });
    return load.is;
  });
}

const calm = (from: number, seconds: number, moved: number) =>
  Array.from({ length: seconds }, (_, index) => [from + index, moved + index * 1.5, 0] as const);

describe('a tunnel', () => {
  test.each<[string, readonly (readonly [number, number, number])[], string]>([
    [
      'that moves nothing is light',
      [
        [0, 0, 0],
        [1, 0, 0],
      ],
      'light',
    ],
    ['whose first count is large has not moved it now', [[0, 9_000, 0]], 'light'],
    [
      'is heavy with 32 MiB sent within 2 s',
      [
        [0, 0, 0],
        [2, 32, 0],
      ],
      'heavy',
    ],
    [
      'is heavy with 32 MiB received within 2 s',
      [
        [0, 0, 0],
        [1, 0, 32],
      ],
      'heavy',
    ],
    [
      'is light with a little less',
      [
        [0, 0, 0],
        [2, 31.9, 31.9],
      ],
      'light',
    ],
    [
      'is light where both directions together are as much',
      [
        [0, 0, 0],
        [2, 20, 20],
      ],
      'light',
    ],
    [
      'is light where it took longer',
      [
        [0, 0, 0],
        [1, 15, 0],
        [2, 15, 0],
        [3.1, 32, 0],
        [4, 32, 0],
      ],
      'light',
    ],
    [
      'is light where nobody looked meanwhile',
      [
        [0, 0, 0],
        [60, 320, 0],
      ],
      'light',
    ],
    [
      'stays heavy through a short pause',
      [
        [0, 0, 0],
        [2, 32, 0],
        [12, 32, 0],
        [22, 32, 0],
        [31, 32, 0],
      ],
      'heavy',
    ],
    ['is light after 30 s of less than a tenth', [[0, 0, 0], [2, 32, 0], ...calm(5, 31, 32)], 'light'],
    ['is heavy until then', [[0, 0, 0], [2, 32, 0], ...calm(5, 30, 32)], 'heavy'],
    ['is heavy as long as a tenth goes on', [[0, 0, 0], ...Array.from({ length: 90 }, (_, s) => [2 + s, 32 + s * 2, 0] as const)], 'heavy'],
    [
      'that loses a forward with its count is not heavy by that',
      [
        [0, 900, 0],
        [1, 10, 0],
        [2, 20, 0],
      ],
      'light',
    ],
  ])('%s', (_, tallies, expected) => {
    expect(after(tallies).at(-1)).toBe(expected);
  });

  test('counts the calm anew after each burst', () => {
    const burst = [
      [20, 64, 0],
      [22, 96, 0],
    ] as const;
    expect(after([[0, 0, 0], [2, 32, 0], [5, 32, 0], ...burst, [24.1, 96, 0], [36, 96, 0], [54, 96, 0]]).at(-1)).toBe('heavy');
  });

  const steps = fc.array(fc.record({ ms: fc.integer({ min: 1, max: 5_000 }), sent: fc.nat(40 * MIB), received: fc.nat(40 * MIB) }), {
    minLength: 1,
    maxLength: 80,
  });

  /** Each tally with the load after it. */
  function run(list: readonly { ms: number; sent: number; received: number }[]): { tally: Tally; load: Load }[] {
    let [tally, load]: [Tally, Load] = [{ at: 0, sent: 0, received: 0 }, NO_LOAD];
    return list.map(({ ms, sent, received }) => {
      tally = { at: tally.at + ms, sent: tally.sent + sent, received: tally.received + received };
      load = weigh(load, tally);
      return { tally, load };
    });
  }

  test('becomes heavy only by what moved in one direction within the time, and keeps no more than that time', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let was: Load['is'] = 'light';
        for (const { tally, load } of run(list)) {
          const [oldest] = load.tallies as [Tally];
          expect(tally.at - oldest.at).toBeLessThanOrEqual(HEAVY.withinMs);
          const moved = Math.max(tally.sent - oldest.sent, tally.received - oldest.received);
          if (was === 'light') expect(load.is === 'heavy').toBe(moved >= HEAVY.bytes);
          was = load.is;
        }
      }),
    );
  });

  test('is no more heavy only after a calm that lasted, and comes to rest after it whatever was before', () => {
    fc.assert(
      fc.property(steps, (list) => {
        let [was, busyAt]: [Load['is'], number] = ['light', 0];
        for (const { tally, load } of run(list)) {
          const [oldest] = load.tallies as [Tally];
          if (Math.max(tally.sent - oldest.sent, tally.received - oldest.received) >= HEAVY.calmBytes) busyAt = tally.at;
          if (was === 'heavy' && load.is === 'light') expect(tally.at - busyAt).toBeGreaterThan(HEAVY.calmMs);
          was = load.is;
        }
        const quiet = Array.from({ length: 70 }, () => ({ ms: 500, sent: 0, received: 0 }));
        const last = run([...list, ...quiet]).at(-1)?.load as Load;
        expect(isAtRest(last)).toBe(true);
      }),
    );
  });
});
