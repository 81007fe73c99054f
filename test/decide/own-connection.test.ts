import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Own, ownFailed, ownLost, type OwnSight, type OwnStep, ownStep, SHARED } from '../../src/decide/own-connection.ts';
import { problem } from '../../src/model/problem.ts';

const NOW = 1_000_000;
const HEAVY: OwnSight = { now: NOW, isHeavy: true, isAllowed: true, isShared: true, isUnaided: true, channels: 0 };
const DIALING: Own = { is: 'dialing', failures: 0 };
const OWN: Own = { is: 'own', failures: 0, since: NOW - 5_000 };
const shared = (until: number | null): Own => ({ is: 'shared', failures: 1, until });

const FULL = problem('turned-away', { host: 'db', port: 22, said: 'Exceeded MaxStartups', sign: 'full', ms: null });
const PENALTY = problem('turned-away', { host: 'db', port: 22, said: 'Not allowed at this time', sign: 'penalty', ms: 100_000 });
const CLOSED = problem('link-closed', { host: 'db' });
const ASKS = problem('answer-needed', { what: 'a password' });

describe('a tunnel that shares its connection', () => {
  test.each<[string, Own, Partial<OwnSight>, OwnStep]>([
    ['dials one of its own when it is heavy', SHARED, {}, 'dial'],
    ['does not while it is light', SHARED, { isHeavy: false }, 'stay'],
    ['does not where the profile allows no second login', SHARED, { isAllowed: false }, 'stay'],
    ['does not while no other tunnel uses the connection', SHARED, { isShared: false }, 'stay'],
    ['does not where a login has needed a person', SHARED, { isUnaided: false }, 'refrain'],
    ['says nothing of that where it would not dial anyway', SHARED, { isUnaided: false, isHeavy: false }, 'stay'],
    ['waits after a failure', shared(NOW + 1), {}, 'stay'],
    ['and then tries again', shared(NOW), {}, 'dial'],
    ['never again where only a person can help', shared(null), {}, 'stay'],
    ['waits for the one that is dialled', DIALING, {}, 'stay'],
    ['also when it is light meanwhile', DIALING, { isHeavy: false }, 'stay'],
    ['but not when the profile allows it no more', DIALING, { isAllowed: false }, 'give-back'],
    ['keeps its own while it is heavy', OWN, {}, 'stay'],
    ['also when it is alone by now', OWN, { isShared: false }, 'stay'],
    ['also when it is light, while anything is open over it', OWN, { isHeavy: false, channels: 1 }, 'stay'],
    ['gives it back when it is light and nothing is open over it', OWN, { isHeavy: false }, 'give-back'],
    ['gives it back when it is not allowed any more and nothing is open over it', OWN, { isAllowed: false }, 'give-back'],
    ['but breaks nothing for that', OWN, { isAllowed: false, channels: 3 }, 'stay'],
  ])('%s', (_, own, sight, expected) => {
    expect(ownStep(own, { ...HEAVY, ...sight })).toBe(expected);
  });

  test('waits ever longer after failures, up to half an hour, and as long as the server wants it to', () => {
    let own: Own = SHARED;
    const waits = Array.from({ length: 8 }, () => {
      own = ownFailed(own, FULL, { now: NOW, jitter: 0 });
      return ((own.is === 'shared' && own.until) || 0) - NOW;
    });
    expect(waits.map((ms) => ms / 60_000)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(ownFailed(SHARED, PENALTY, { now: NOW, jitter: 0 })).toMatchObject({ until: NOW + 100_000 });
    expect(ownFailed(SHARED, ASKS, { now: NOW, jitter: 0 })).toMatchObject({ until: null });
  });

  test('counts the loss of one that held for long as the first', () => {
    const lostAfter = (ms: number) => ownLost({ is: 'own', failures: 3, since: NOW - ms }, CLOSED, { now: NOW, jitter: 0 });
    expect(lostAfter(1_000)).toEqual({ is: 'shared', failures: 4, until: NOW + 480_000 });
    expect(lostAfter(60_000)).toEqual({ is: 'shared', failures: 1, until: NOW + 60_000 });
  });

  test('never logs in without leave, without need or with a person, and ends nothing that carries something', () => {
    const states = fc.oneof(
      fc.record({ is: fc.constant('shared' as const), failures: fc.nat(40), until: fc.option(fc.nat(2 * NOW)) }),
      fc.record({ is: fc.constant('dialing' as const), failures: fc.nat(40) }),
      fc.record({ is: fc.constant('own' as const), failures: fc.nat(40), since: fc.nat(NOW) }),
    );
    const sights = fc.record({
      now: fc.nat(2 * NOW),
      isHeavy: fc.boolean(),
      isAllowed: fc.boolean(),
      isShared: fc.boolean(),
      isUnaided: fc.boolean(),
      channels: fc.nat(3),
    });
    fc.assert(
      fc.property(states, sights, (own, sight) => {
        const step = ownStep(own, sight);
        if (step === 'dial')
          expect([own.is, sight.isAllowed, sight.isHeavy, sight.isShared, sight.isUnaided]).toEqual(['shared', true, true, true, true]);
        if (step === 'dial' && own.is === 'shared') expect(own.until ?? Infinity).toBeLessThanOrEqual(sight.now);
        if (step === 'give-back' && own.is === 'own') expect(sight.channels).toBe(0);
      }),
    );
  });
});
