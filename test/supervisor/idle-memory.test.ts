import { describe, expect, test } from 'vitest';
import { giveMemoryBack } from '../../src/supervisor/idle-memory.ts';
import { fakeClock } from '../support/fake-clock.ts';

const MB = 1024 * 1024;

/** A heap that shrinks to `live` when it is collected. */
function process({ heap = 40 * MB, live = 15 * MB, load = 0, fails = false, endsMeanwhile = false } = {}) {
  const clock = fakeClock();
  const now = { heap, live, load, collections: 0 };
  const ending = new AbortController();
  giveMemoryBack({
    clock,
    ending: ending.signal,
    load: () => now.load,
    heapBytes: () => now.heap,
    collect: async () => {
      now.collections += 1;
      if (endsMeanwhile) ending.abort();
      if (fails) throw new Error('no inspector');
      now.heap = now.live;
    },
  });
  return { clock, now, ending };
}

describe('memory of a supervisor with little to do', () => {
  test('gives back what its start has left', async () => {
    const { clock, now } = process();
    await clock.advance(10_000);
    expect(now).toMatchObject({ collections: 1, heap: 15 * MB });
  });

  test('is left alone as long as it has not grown by what is worth a pause', async () => {
    const { clock, now } = process();
    await clock.advance(10_000);
    now.heap += 1 * MB;
    await clock.advance(3_600_000);
    expect(now.collections).toBe(1);
  });

  test('gives back what later logins and transfers have left', async () => {
    const { clock, now } = process();
    await clock.advance(10_000);
    now.heap += 5 * MB;
    await clock.advance(10_000);
    expect(now).toMatchObject({ collections: 2, heap: 15 * MB });
  });

  test('is collected once, not at every look, when what it has grown by is in use', async () => {
    const { clock, now } = process();
    await clock.advance(10_000);
    now.live = 35 * MB;
    now.heap = 36 * MB;
    await clock.advance(3_600_000);
    expect(now.collections).toBe(2);
  });

  test('makes no pause while there is much to do, and gives back afterwards', async () => {
    const { clock, now } = process({ load: 0.2 });
    await clock.advance(60_000);
    expect(now.collections).toBe(0);
    now.load = 0.01;
    await clock.advance(10_000);
    expect(now.collections).toBe(1);
  });

  test('is not tried again where node has no inspector to ask', async () => {
    const { clock, now } = process({ fails: true });
    await clock.advance(3_600_000);
    expect(now.collections).toBe(1);
    expect(clock.pending()).toEqual([]);
  });

  test('is not looked at after its end', async () => {
    const { clock, now, ending } = process();
    await clock.advance(9_000);
    ending.abort();
    await clock.advance(60_000);
    expect(now.collections).toBe(0);
    expect(clock.pending()).toEqual([]);
  });

  test('is looked at no more after its end, even when that comes while it is collected', async () => {
    const { clock, now } = process({ endsMeanwhile: true });
    await clock.advance(60_000);
    expect(now.collections).toBe(1);
    expect(clock.pending()).toEqual([]);
  });
});
