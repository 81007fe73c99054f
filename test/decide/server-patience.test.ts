import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mirrorKeepalive, serverPatience } from '../../src/decide/server-patience.ts';

const OLD = 'OpenSSH_8.9p1 Ubuntu-3ubuntu0.10';
const DEBIAN12 = 'OpenSSH_9.2p1 Debian-2+deb12u10';
const NEW = 'OpenSSH_10.0p2 Debian-7';
const DROPBEAR = 'dropbear_2022.83';
const server = (ident: string, seconds: number | null, count: number | null = 3) => ({
  ident,
  clientAliveIntervalMs: seconds === null ? null : seconds * 1_000,
  clientAliveCountMax: count,
});
const patience = (of: ReturnType<typeof server>, pokedAfterMs: number | null = null) => serverPatience({ ...of, pokedAfterMs });

describe('How long a server keeps a dead session', () => {
  test.each([
    ['10.0 with 5 s x 3', server(NEW, 5), 20_000],
    ['10.0 with 15 s x 3', server(NEW, 15), 60_000],
    ['9.2, which waits twice, with 5 s x 3', server(DEBIAN12, 5), 40_000],
    ['9.2 with 15 s x 3', server(DEBIAN12, 15), 120_000],
    ['9.4, the last that waits twice', server('OpenSSH_9.4', 5), 40_000],
    ['9.5, the first that does not', server('OpenSSH_9.5p1', 5), 20_000],
    ['8.9 with 5 s x 3', server(OLD, 5), 20_000],
    ['Windows', server('OpenSSH_for_Windows_9.5', 5), 20_000],
    ['a count that is not known', server(NEW, 5, null), 20_000],
    ['dropbear with -K 5', server(DROPBEAR, 5, null), 15_000],
  ] as const)('%s', (_, of, ms) => {
    expect(patience(of)).toEqual({ ms, why: 'client-alive' });
  });

  test('without ClientAlive it is the two hours of TCP, or a quarter of an hour after it had something to send', () => {
    for (const none of [server(NEW, 0), server(DEBIAN12, null, null), server(NEW, 5, 0)]) {
      expect(patience(none)).toEqual({ ms: 7_875_000, why: 'tcp-keepalive' });
      expect(patience(none, 3_000)).toEqual({ ms: 948_000, why: 'tcp-retries' });
    }
  });

  test('dropbear keeps it for ever, unless it has something to send', () => {
    expect(patience(server(DROPBEAR, null, null))).toEqual({ ms: null, why: 'never' });
    expect(patience(server(DROPBEAR, 0, null), 0)).toEqual({ ms: 945_000, why: 'tcp-retries' });
  });

  test('of an unknown server nothing is claimed', () => {
    expect(patience(server('Go', null, null))).toEqual({ ms: null, why: 'unknown' });
  });

  test('the poke begins an interval anew since 9.2, and changes nothing before', () => {
    expect(patience(server(NEW, 5), 3_300).ms).toBe(23_300);
    expect(patience(server(NEW, 5), 17_000).ms).toBe(22_000);
    expect(patience(server(DEBIAN12, 5), 3_300).ms).toBe(38_300);
    expect(patience(server(OLD, 5), 3_300).ms).toBe(20_000);
    expect(patience(server(NEW, 5), 30_000).ms).toBe(20_000);
  });
});

describe('Our keepalive, mirrored', () => {
  test.each([
    ['the same where the server has one', server(NEW, 15), { intervalMs: 15_000, countMax: 3 }],
    ['twice the interval for 9.2', server(DEBIAN12, 5), { intervalMs: 10_000, countMax: 3 }],
    ['15 s x 3 where it has none', server(NEW, 0), { intervalMs: 15_000, countMax: 3 }],
    ['15 s x 3 where it is not known', server(NEW, null, null), { intervalMs: 15_000, countMax: 3 }],
    ['15 s x 3 where a count of 0 ends nothing', server(NEW, 300, 0), { intervalMs: 15_000, countMax: 3 }],
    ['the same patience in more questions where the interval is long', server(NEW, 600, 1), { intervalMs: 60_000, countMax: 19 }],
    ['not less than five seconds', server(NEW, 1, 1), { intervalMs: 1_000, countMax: 4 }],
    ['not more than twenty minutes', server(NEW, 30, 10_000), { intervalMs: 30_000, countMax: 39 }],
  ] as const)('%s', (_, of, keepalive) => {
    expect(mirrorKeepalive(of)).toEqual(keepalive);
  });

  test('has the patience of the server, within its bounds, whatever the server says', () => {
    const any = fc.record({
      ident: fc.constantFrom(OLD, DEBIAN12, NEW, DROPBEAR, 'Go', ''),
      clientAliveIntervalMs: fc.option(fc.oneof(fc.nat(), fc.integer(), fc.double())),
      clientAliveCountMax: fc.option(fc.oneof(fc.nat({ max: 100 }), fc.integer(), fc.double())),
    });
    const property = fc.property(any, (of) => {
      const { intervalMs, countMax } = mirrorKeepalive(of);
      expect([Number.isInteger(intervalMs), Number.isInteger(countMax)]).toEqual([true, true]);
      expect(countMax).toBeGreaterThanOrEqual(1);
      expect(intervalMs).toBeGreaterThan(0);
      expect(intervalMs).toBeLessThanOrEqual(60_000);
      const theirs = serverPatience({ ...of, pokedAfterMs: null });
      if (theirs.why !== 'client-alive') return;
      const bounded = Math.min(1_200_000, Math.max(5_000, theirs.ms ?? 0));
      expect(Math.abs(intervalMs * (countMax + 1) - bounded)).toBeLessThan(countMax + 2);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
