import type { Clock } from '../../src/platform/clock.ts';

export type FakeClock = Clock & {
  /** Lets time pass: runs each timer at its own moment, in order, those it sets as well, and lets promises settle in between. */
  advance(ms: number): Promise<void>;
  /** As a suspended machine does on Linux: the wall clock jumps, the monotonic clock and the timers stood still. */
  suspend(ms: number): void;
  /** In how many ms each waiting timer is due, the next first. */
  pending(): number[];
};

type Timer = { readonly at: number; readonly wake: () => void };

/** A clock that moves only when told; it begins at 2026-01-01T00:00:00Z and a monotonic 0. */
export function fakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>();
  const time = { passed: 0, suspended: 0 };
  // A timer of the same moment runs after those set before it: sort is stable and a Set keeps the order of insertion.
  const due = (): Timer[] => [...timers].sort((a, b) => a.at - b.at);
  return {
    now: () => start + time.passed + time.suspended,
    monotonic: () => time.passed,
    after(ms, wake) {
      const timer = { at: time.passed + Math.max(0, ms), wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const end = time.passed + ms;
      await settled();
      for (let next = due()[0]; next && next.at <= end; next = due()[0]) {
        timers.delete(next);
        time.passed = next.at;
        next.wake();
        await settled();
      }
      time.passed = end;
    },
    suspend: (ms) => void (time.suspended += ms),
    pending: () => due().map((timer) => timer.at - time.passed),
  };
}

// setImmediate comes after every promise that is ready, however long their chain. Taken here, before a test may fake it.
const immediate = setImmediate;
const settled = (): Promise<void> => new Promise((resolve) => immediate(resolve));
