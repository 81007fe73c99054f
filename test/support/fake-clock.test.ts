import { describe, expect, test } from 'vitest';
import { fakeClock } from './fake-clock.ts';

describe('the fake clock', () => {
  test('runs timers at their own moments, in order, those set on the way too', async () => {
    const clock = fakeClock();
    const seen: [string, number][] = [];
    clock.after(20, () => seen.push(['second', clock.monotonic()]));
    clock.after(10, () => {
      seen.push(['first', clock.monotonic()]);
      clock.after(5, () => seen.push(['between', clock.monotonic()]));
    });
    clock.after(31, () => seen.push(['late', clock.monotonic()]));
    await clock.advance(30);
    expect(seen).toEqual([
      ['first', 10],
      ['between', 15],
      ['second', 20],
    ]);
    expect(clock.pending()).toEqual([1]);
  });

  test('lets promises settle between two timers', async () => {
    const clock = fakeClock();
    const seen: string[] = [];
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    void (async () => {
      await sleep(10);
      await sleep(10);
      seen.push('slept twice');
    })();
    clock.after(21, () => seen.push('timer'));
    await clock.advance(25);
    expect(seen).toEqual(['slept twice', 'timer']);
  });

  test('never runs a cancelled timer', async () => {
    const clock = fakeClock();
    const cancel = clock.after(1, () => expect.unreachable());
    cancel();
    await clock.advance(10);
    expect(clock.pending()).toEqual([]);
  });

  test('moves only the wall clock while suspended', () => {
    const clock = fakeClock(1_000);
    clock.suspend(60_000);
    expect([clock.now(), clock.monotonic()]).toEqual([61_000, 0]);
  });
});
