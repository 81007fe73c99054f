import { describe, expect, test } from 'vitest';
import { FIRST_ID } from '../../../src/ssh/data/channel-ids.ts';
import { Numbered } from '../../../src/ssh/data/numbered.ts';

describe('what is kept by channel number', () => {
  test('is found, and taken once', () => {
    const numbered = new Numbered<string>();
    numbered.set(FIRST_ID + 1, 'b');
    numbered.set(FIRST_ID, 'a');
    expect([numbered.get(FIRST_ID), numbered.get(FIRST_ID + 1), numbered.size]).toEqual(['a', 'b', 2]);
    expect(numbered.take(FIRST_ID)).toBe('a');
    expect(numbered.take(FIRST_ID)).toBeUndefined();
    expect([numbered.values(), numbered.size]).toEqual([['b'], 1]);
    numbered.set(FIRST_ID, 'again');
    expect(numbered.takeAll()).toEqual(['again', 'b']);
    expect([numbered.values(), numbered.size]).toEqual([[], 0]);
  });

  test('is nothing for a number that a server makes up', () => {
    const numbered = new Numbered<string>();
    numbered.set(FIRST_ID, 'a');
    for (const id of [0, FIRST_ID - 1, FIRST_ID + 1, 2 ** 32 - 1]) {
      expect(numbered.get(id)).toBeUndefined();
      expect(numbered.take(id)).toBeUndefined();
    }
    expect(numbered.size).toBe(1);
  });
});
