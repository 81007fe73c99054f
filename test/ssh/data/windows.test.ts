import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FIRST_WINDOW, LEAST_WINDOW } from '../../../src/decide/receive-window.ts';
import { SizedWindow } from '../../../src/ssh/data/sized-window.ts';
import { WindowBudget } from '../../../src/ssh/data/window-budget.ts';

const MIB = 1024 * 1024;

/** What happens to one of several windows: it is made, filled in a round trip, left alone, or given up. */
const step = fc.record({
  at: fc.nat(7),
  does: fc.constantFrom('open', 'fill', 'rest', 'close'),
  share: fc.double({ min: 0, max: 1.2, noNaN: true }),
});

describe('the windows of links that share one budget', () => {
  test('never come to more than the limits but for the least windows, and all is given back', () => {
    const limits = fc.tuple(fc.integer({ min: 0, max: 16 * MIB }), fc.integer({ min: LEAST_WINDOW, max: 8 * MIB }));
    fc.assert(
      fc.property(
        limits,
        fc.integer({ min: LEAST_WINDOW, max: 8 * MIB }),
        fc.array(step, { maxLength: 80 }),
        ([all, link], most, steps) => {
          const supervisor = new WindowBudget(all);
          const links = [new WindowBudget(link, supervisor), new WindowBudget(link, supervisor)] as const;
          const open = new Map<number, SizedWindow>();
          let at = 0;
          for (const { at: which, does, share } of steps) {
            at += 10;
            const one = open.get(which);
            if (does === 'open' && one === undefined) {
              const budget = links[which % 2] as WindowBudget;
              open.set(which, new SizedWindow({ budget, most, now: () => at, rttMs: () => 10 }));
            }
            if (does === 'fill') one?.arrived(Math.floor(one.size * share));
            if (does === 'rest') one?.rest();
            if (does === 'close') {
              one?.release();
              open.delete(which);
            }
            for (const budget of [supervisor, ...links]) expect(budget.used).toBeLessThanOrEqual(budget.limit);
            const sizes = [...open.values()].reduce((sum, { size }) => sum + size, 0);
            expect(sizes).toBeLessThanOrEqual(all + open.size * LEAST_WINDOW);
            for (const { size } of open.values())
              expect([size >= LEAST_WINDOW, size <= Math.max(most, LEAST_WINDOW)]).toEqual([true, true]);
          }
          for (const left of open.values()) left.release();
          expect([supervisor.used, ...links.map(({ used }) => used)]).toEqual([0, 0, 0]);
        },
      ),
    );
  });

  test('get the least where nothing is left, and no more', () => {
    const budget = new WindowBudget(FIRST_WINDOW);
    const made = Array.from({ length: 3 }, () => new SizedWindow({ budget, most: 32 * MIB, now: () => 0, rttMs: () => 1 }));
    expect(made.map(({ size }) => size)).toEqual([FIRST_WINDOW, LEAST_WINDOW, LEAST_WINDOW]);
    made[0]?.release();
    expect(budget.used).toBe(0);
  });
});

describe('one window', () => {
  const open = (over: { most?: number; rttMs?: () => number | null } = {}) => {
    const at = { ms: 0 };
    const budget = new WindowBudget(512 * MIB);
    return { at, budget, window: new SizedWindow({ budget, most: 32 * MIB, now: () => at.ms, rttMs: () => 100, ...over }) };
  };

  test('grows with what each round trip brings, up to its limit, and counts anew in each', () => {
    const { at, window } = open();
    const sizes: number[] = [];
    for (let round = 0; round < 6; round++) {
      at.ms += 100;
      window.arrived(window.size);
      window.opened(window.size);
      sizes.push(window.size / MIB);
    }
    expect(sizes).toEqual([4, 8, 16, 32, 32, 32]);
  });

  test('does not grow within a round trip, however much comes', () => {
    const { at, window } = open();
    at.ms = 99;
    window.arrived(100 * MIB);
    expect(window.size).toBe(FIRST_WINDOW);
  });

  test('goes back to its first size after ten seconds without data, and gives the rest back', () => {
    const { at, budget, window } = open();
    at.ms = 100;
    window.arrived(2 * MIB);
    expect(window.size).toBe(4 * MIB);
    at.ms += 10_001;
    window.arrived(1);
    expect([window.size, budget.used]).toEqual([FIRST_WINDOW, FIRST_WINDOW]);
  });

  test('of a link whose round trip is not known yet is that of a near one', () => {
    const { at, window } = open({ rttMs: () => null });
    at.ms = 1;
    window.arrived(2 * MIB);
    expect(window.size).toBe(4 * MIB);
  });

  test('that was released twice gives nothing back twice', () => {
    const { budget, window } = open();
    window.release();
    window.release();
    expect(budget.used).toBe(0);
  });
});
