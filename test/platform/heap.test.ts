import { describe, expect, test } from 'vitest';
import { collectGarbage, heapBytes } from '../../src/platform/heap.ts';

describe('the heap', () => {
  test('gives garbage back when it is collected, and keeps what is in use', async () => {
    const kept = { letters: 'x'.repeat(3) };
    const weak = { kept: new WeakRef(kept), garbage: new WeakRef({ letters: Array.from({ length: 100_000 }, (_, n) => ({ n })) }) };
    const before = heapBytes();
    await collectGarbage();
    expect(weak.garbage.deref()).toBeUndefined();
    expect(weak.kept.deref()).toBe(kept);
    expect(heapBytes()).toBeLessThan(before);
  });

  test('can be collected again', async () => {
    await collectGarbage();
    await expect(collectGarbage()).resolves.toBeUndefined();
  });
});
