import { afterEach, describe, expect, test, vi } from 'vitest';
import { Turns } from '../../../src/ssh/data/turns.ts';

afterEach(() => void vi.useRealTimers());

describe('a turn of the event loop', () => {
  test('is long while all do bulk, and short for a moment after somebody has exchanged a small message', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const turns = new Turns();
    turns.note(64 * 1024);
    const whole = turns.bytes;
    turns.note(1);
    expect(turns.bytes).toBeLessThan(whole);
    vi.advanceTimersByTime(1_000);
    expect(turns.bytes).toBe(whole);
  });
});
