import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { HYBRIDS } from '../../../src/ssh/extensions/hybrids.ts';
import { SpareKeys } from '../../../src/ssh/extensions/spare-keys.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const [MLKEM, SNTRUP, OLD_SNTRUP] = [...HYBRIDS.keys()] as [string, string, string];
const OURS = [...HYBRIDS.keys(), 'curve25519-sha256'];

/** How often keys were made, by method. */
const made = new Map<string, MockInstance>();
beforeEach(() => {
  for (const method of [MLKEM, SNTRUP]) made.set(method, vi.spyOn(HYBRIDS.get(method)!, 'load'));
});
afterEach(() => void vi.restoreAllMocks());
const counts = (): number[] => [MLKEM, SNTRUP].map((method) => made.get(method)?.mock.calls.length ?? 0);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('keys for a post-quantum exchange', () => {
  test('are made when they are needed, for a place that nothing is known of', async () => {
    const source = new SpareKeys().at('a');
    source.begun();
    await nextTurn();
    expect(counts()).toEqual([0, 0]);
    const keys = await source.take(MLKEM);
    expect(keys.publicKey).toHaveLength(1184 + 32);
    expect(counts()).toEqual([1, 0]);
  });

  test('are made while the server is waited for, where it or another has wanted that kind before', async () => {
    const spares = new SpareKeys();
    spares.at('a').agreed(SNTRUP);
    for (const place of ['a', 'b']) {
      const before = counts()[1] ?? 0;
      spares.at(place).begun();
      expect(counts()[1]).toBe(before);
      await nextTurn();
      expect(counts()[1]).toBe(before + 1);
      await spares.at(place).take(SNTRUP);
      expect(counts()).toEqual([0, before + 1]);
    }
  });

  test('are not made ahead for a place that has wanted another kind of exchange', async () => {
    const spares = new SpareKeys();
    spares.at('a').agreed(SNTRUP);
    spares.at('b').agreed('curve25519-sha256');
    spares.at('b').begun();
    spares.at('b').greeted('OpenSSH_10.0', OURS);
    await nextTurn();
    expect(counts()).toEqual([0, 0]);
  });

  test('are never given twice, and a place is given what another has left', async () => {
    const spares = new SpareKeys();
    spares.at('a').greeted('OpenSSH_9.9p1', OURS);
    const [one, two, three] = await Promise.all(['a', 'b', 'a'].map((place) => spares.at(place).take(MLKEM)));
    expect(counts()).toEqual([3, 0]);
    const values = [one, two, three].map((keys) => keys?.publicKey.toString('hex'));
    expect(new Set(values).size).toBe(3);
  });

  test('are one spare for all names of a mechanism', async () => {
    const source = new SpareKeys().at('a');
    // Debian's 9.2 has the newer name as well, and so it is the one that is agreed on.
    source.greeted('OpenSSH_9.2p1 Debian-2+deb12u10', [MLKEM, OLD_SNTRUP, SNTRUP]);
    await source.take(SNTRUP);
    expect(counts()).toEqual([0, 1]);
  });

  test.each([
    ['OpenSSH_10.0p2 Debian-1', OURS, [1, 0]],
    ['OpenSSH_9.9p1', OURS, [1, 0]],
    ['OpenSSH_9.2p1 Debian-2+deb12u3', OURS, [0, 1]],
    ['OpenSSH_10.0', [SNTRUP], [0, 1]],
    ['OpenSSH_9.2p1', [OLD_SNTRUP], [0, 1]],
    ['OpenSSH_9.2p1', [MLKEM, 'curve25519-sha256'], [0, 0]],
    ['OpenSSH_8.9p1', OURS, [0, 0]],
    ['dropbear_2025.88', OURS, [0, 0]],
    ['', OURS, [0, 0]],
  ])('are guessed from a first greeting: %s', (software, ours, expected) => {
    new SpareKeys().at('a').greeted(software, ours);
    expect(counts()).toEqual(expected);
  });

  test('are made anew when all is quiet, two of them whatever was used, for the two hops of a route', async () => {
    const clock = fakeClock();
    const spares = new SpareKeys(clock);
    await Promise.all([spares.at('a').take(SNTRUP), spares.at('b').take(SNTRUP)]);
    await clock.advance(149);
    expect(counts()).toEqual([0, 2]);
    await clock.advance(1);
    expect(counts()).toEqual([0, 3]);
    await clock.advance(20);
    expect(counts()).toEqual([0, 4]);
    await Promise.all([spares.at('c').take(SNTRUP), spares.at('d').take(SNTRUP)]);
    expect(counts()).toEqual([0, 4]);
  });

  test('are not made anew while another connection comes about', async () => {
    const clock = fakeClock();
    const spares = new SpareKeys(clock);
    await spares.at('a').take(SNTRUP);
    await clock.advance(149);
    spares.at('b').begun();
    await clock.advance(149);
    expect(counts()).toEqual([0, 1]);
    await clock.advance(30);
    expect(counts()).toEqual([0, 3]);
  });
});
