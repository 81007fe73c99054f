import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alive, type Liveness, watch } from '../../src/decide/liveness.ts';

const keepalive = { intervalMs: 15_000, countMax: 3 };

/** Runs the timers of a connection that stays silent; returns when it was pinged, suspected and given up. */
function silence(start = 0) {
  const pings: number[] = [];
  let suspectAt: number | null = null;
  let liveness: Liveness = alive({ keepalive, now: start });
  let now = start;
  while (liveness.is !== 'dead') {
    now = liveness.wakeAt;
    const next = watch(liveness, { type: 'woke' }, { keepalive, now, rttMs: 20 });
    if (next.ping) pings.push(now);
    liveness = next.liveness;
    if (liveness.is === 'suspect') suspectAt ??= now;
  }
  return { pings, suspectAt, deadAt: now };
}

describe('the liveness of a connection', () => {
  test('is asked for after one interval, doubted a second later and given up after interval times countMax plus one', () => {
    const { pings, suspectAt, deadAt } = silence();
    expect(pings[0]).toBe(15_000);
    expect(suspectAt).toBe(16_000);
    expect(deadAt).toBe(60_000);
    expect(pings.length).toBeGreaterThanOrEqual(3);
  });
  test('is beyond doubt again as soon as anything is heard', () => {
    const asked = watch(alive({ keepalive, now: 0 }), { type: 'woke' }, { keepalive, now: 15_000, rttMs: null }).liveness;
    expect(watch(asked, { type: 'heard' }, { keepalive, now: 15_020, rttMs: null }).liveness).toEqual({
      is: 'quiet',
      heardAt: 15_020,
      wakeAt: 30_020,
    });
  });
  test('is not given up because this machine slept: it is asked first', () => {
    const slept = watch(alive({ keepalive, now: 0 }), { type: 'woke' }, { keepalive, now: 3_600_000, rttMs: null });
    expect(slept).toMatchObject({ ping: true, liveness: { is: 'asked', deadAt: 3_645_000 } });
    const asleepWhileAsked = watch(slept.liveness, { type: 'woke' }, { keepalive, now: 9_000_000, rttMs: null });
    expect(asleepWhileAsked).toMatchObject({ ping: true, liveness: { is: 'asked' } });
  });
  test('is asked for as usual when the clock was set back by an hour', () => {
    const set = watch(alive({ keepalive, now: 3_600_000 }), { type: 'woke' }, { keepalive, now: 15_000, rttMs: null });
    expect(set).toMatchObject({ ping: true, liveness: { is: 'asked', wakeAt: 16_000, deadAt: 60_000 } });
    const justEarly = watch(alive({ keepalive, now: 0 }), { type: 'woke' }, { keepalive, now: 14_999, rttMs: null });
    expect(justEarly).toMatchObject({ ping: false, liveness: { is: 'quiet', wakeAt: 15_000 } });
  });
  test('is not doubted early on a slow line', () => {
    const asked = watch(alive({ keepalive, now: 0 }), { type: 'woke' }, { keepalive, now: 15_000, rttMs: 800 }).liveness;
    expect(asked).toMatchObject({ wakeAt: 19_800 });
  });
  test('always has a next wake until it is dead, and dead is final', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ type: fc.constantFrom('heard' as const, 'woke' as const), after: fc.nat(40_000) })), (events) => {
        let now = 0;
        let liveness: Liveness = alive({ keepalive, now });
        for (const { type, after } of events) {
          now += after;
          const wasDead = liveness.is === 'dead';
          liveness = watch(liveness, { type }, { keepalive, now, rttMs: 5 }).liveness;
          if (wasDead) expect(liveness.is).toBe('dead');
          if (liveness.is !== 'dead') expect(liveness.wakeAt).toBeGreaterThanOrEqual(now - 5_000);
        }
      }),
    );
  });
});
