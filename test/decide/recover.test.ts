import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeBinding } from '../../src/decide/judge-binding.ts';
import { type Decision, type History, type Policy, recover, retryBeforeDiagnosis } from '../../src/decide/recover.ts';
import type { BindingVerdict, Holder, NotAllowed } from '../../src/model/binding.ts';
import { exitCodeOf, type Problem, retryClassOf, wordsOf } from '../../src/model/problem.ts';
import type { ConflictStep } from '../../src/model/profile.ts';
import { anyEvidence } from './arbitrary-evidence.ts';
import { evidence, mine, session, SOCKET, TCP } from './evidence.ts';

const policy = (more: Partial<Policy> = {}): Policy => ({
  listen: TCP,
  on: 'bastion',
  onConflict: ['reclaim', 'wait'],
  fallbackPorts: null,
  giveUpAfterMs: null,
  takeOver: false,
  ...more,
});
const history = (more: Partial<History> = {}): History => ({
  tries: 0,
  sinceMs: 300,
  verdictForMs: 100,
  canKnock: false,
  knocked: false,
  canEvict: true,
  evictions: 0,
  unlinked: 0,
  triedFallbacks: [],
  patienceMs: null,
  atMost: false,
  deadForMs: null,
  ...more,
});
const ports = { first: 18080, last: 18082 };
const steps = (...onConflict: ConflictStep[]): Policy => policy({ onConflict, fallbackPorts: ports });

const dead = { recorded: session(), process: 'same' } as const;
const PROVEN = judgeBinding(mine(dead));
const PROBABLE: BindingVerdict = { is: 'ours-stale', session: null, file: null };
const UNKNOWN: BindingVerdict = { is: 'cannot-tell' };
const FREE: BindingVerdict = { is: 'free', why: 'freed' };
const LIVE = judgeBinding(mine({ ...dead, connection: 'answers', takeOver: true, peer: { host: '192.0.2.7', port: 5022 } }));
const HERE: BindingVerdict = { is: 'ours-live', where: 'here', tunnel: 'db-prod' };
const held = (kind: Holder['kind']): BindingVerdict => ({ is: 'someone-else', holder: { kind, uid: 1002, name: 'bob', pid: null } });
const forbidden = (why: NotAllowed): BindingVerdict => ({ is: 'not-allowed', why, said: null });

const shown = (decision: Decision): Problem => {
  if (decision.do !== 'ask' && decision.do !== 'wait') throw new Error(`nothing is shown by ${decision.do}`);
  return decision.problem;
};
const asks = (code: Problem['code']): object => ({ do: 'ask', problem: { code } });
const waits = (code: Problem['code']): object => ({ do: 'wait', problem: { code } });

test('a refusal is retried three times, within a moment, before anything is looked at', () => {
  expect([1, 2, 3, 4, 5].map(retryBeforeDiagnosis)).toEqual([5, 20, 50, null, null]);
});

describe('A binding that is free', () => {
  test('is asked for again, ever later, and then waited for as a source port, 65 s at most', () => {
    const after = [0, 1, 2, 3].map((tries) => recover(FREE, policy(), history({ tries })));
    expect(after).toEqual([5, 20, 50, 250].map((afterMs) => ({ do: 'bind-again', afterMs })));
    expect(recover(FREE, policy(), history({ tries: 4 }))).toMatchObject({
      ...waits('binding-source-port'),
      retryAfterMs: 1_000,
      etaMs: 64_900,
    });
    expect(recover(FREE, policy(), history({ tries: 4, verdictForMs: 65_000 }))).toMatchObject(asks('binding-source-port'));
    expect(recover(FREE, policy({ onConflict: ['reclaim'] }), history({ tries: 4 }))).toMatchObject({ do: 'wait' });
  });
  test('is left for another port where the profile has one, in its order', () => {
    expect(recover(FREE, steps('reclaim', 'fallback'), history({ tries: 4 }))).toEqual({ do: 'fall-back', port: 18081 });
    expect(recover(FREE, steps('wait', 'fallback'), history({ tries: 4 }))).toMatchObject({ do: 'wait' });
    expect(recover(FREE, steps('wait', 'fallback'), history({ tries: 4, verdictForMs: 65_000 }))).toEqual({ do: 'fall-back', port: 18081 });
  });
  test('is no question of time where it is a socket', () => {
    expect(recover(FREE, policy({ listen: SOCKET }), history({ tries: 4 }))).toMatchObject(asks('binding-no-directory'));
  });
});

describe('Our own dead session', () => {
  test('is knocked at once, then ended with its proof, twice at most', () => {
    expect(recover(PROVEN, policy(), history({ canKnock: true }))).toEqual({ do: 'knock' });
    const evict = { do: 'evict', session: { pid: 2345 } };
    expect(recover(PROVEN, policy(), history({ canKnock: true, knocked: true, evictions: 1 }))).toMatchObject(evict);
    expect(recover(PROVEN, policy(), history())).toMatchObject(evict);
    expect(recover(PROVEN, policy(), history({ evictions: 2 }))).toMatchObject(waits('binding-stale'));
  });
  test('is left alone where the profile does not say reclaim', () => {
    const all = history({ canKnock: true });
    expect(recover(PROVEN, policy({ onConflict: ['wait'] }), all)).toMatchObject(waits('binding-stale'));
    expect(recover(PROVEN, steps('fallback'), all)).toMatchObject({ do: 'fall-back' });
    expect(recover(PROVEN, policy({ onConflict: [] }), all)).toMatchObject(asks('binding-not-freed'));
  });
  test('loses its socket file before its process, and no more often than twice', () => {
    const socket = judgeBinding(evidence({ ...mine(dead), listen: SOCKET, rows: null, file: { kind: 'socket', uid: 1001 } }));
    expect(recover(socket, policy({ listen: SOCKET }), history({ canKnock: true }))).toMatchObject({ do: 'unlink', file: SOCKET });
    expect(recover(socket, policy({ listen: SOCKET }), history({ unlinked: 2 }))).toMatchObject({ do: 'evict' });
  });
  test('without a proof is knocked once and then waited for, with an ETA', () => {
    const patience = { patienceMs: 60_000, deadForMs: 20_000 };
    expect(recover(PROBABLE, policy(), history({ canKnock: true, ...patience }))).toEqual({ do: 'knock' });
    const waiting = recover(PROBABLE, policy(), history({ canKnock: true, knocked: true, ...patience }));
    expect(waiting).toMatchObject({ ...waits('binding-stale'), retryAfterMs: 1_000, etaMs: 40_000 });
    expect([exitCodeOf(shown(waiting)), retryClassOf(shown(waiting))]).toEqual([3, 'held']);
  });
  test('is asked about every second, and less often where the end is far off', () => {
    const pace = (patienceMs: number | null) => recover(PROBABLE, policy(), history({ patienceMs, deadForMs: 0 }));
    expect([null, 0, 119_999, 300_000, 7_875_000].map(pace)).toMatchObject(
      [1_000, 1_000, 1_000, 5_000, 10_000].map((retryAfterMs) => ({ do: 'wait', retryAfterMs })),
    );
  });
  test('is left for another port at once, or after the ETA, as the profile orders', () => {
    const at = (deadForMs: number) => history({ patienceMs: 60_000, deadForMs });
    expect(recover(PROBABLE, steps('reclaim', 'fallback'), at(1_000))).toEqual({ do: 'fall-back', port: 18081 });
    expect(recover(PROBABLE, steps('reclaim', 'wait', 'fallback'), at(60_000))).toMatchObject({ do: 'wait', etaMs: 0 });
    expect(recover(PROBABLE, steps('reclaim', 'wait', 'fallback'), at(69_000))).toEqual({ do: 'fall-back', port: 18081 });
    const short = { ...steps('reclaim', 'wait', 'fallback'), giveUpAfterMs: 10_000 };
    expect(recover(PROBABLE, short, { ...at(20_000), sinceMs: 10_000 })).toEqual({ do: 'fall-back', port: 18081 });
  });
  test('is not waited for blindly for ever where another port is allowed, and is where it is not', () => {
    const late = history({ sinceMs: 500_000, verdictForMs: 120_000 });
    expect(recover(PROBABLE, steps('wait', 'fallback'), late)).toEqual({ do: 'fall-back', port: 18081 });
    expect(recover(PROBABLE, policy(), late)).toMatchObject({ do: 'wait' });
  });
  test('is waited for with a bound where the keepalive of the server is not known, and not until then where another port is allowed', () => {
    const bound = history({ patienceMs: 945_000, deadForMs: 125_000, atMost: true, verdictForMs: 119_999 });
    const waiting = recover(PROBABLE, steps('wait', 'fallback'), bound);
    expect(waiting).toMatchObject({ ...waits('binding-stale'), etaMs: 820_000 });
    expect(wordsOf(shown(waiting)).text).toContain('in at most 13m 40s.');
    expect(recover(PROBABLE, steps('wait', 'fallback'), { ...bound, verdictForMs: 120_000 })).toEqual({ do: 'fall-back', port: 18081 });
  });
  test('becomes a question once the profile has waited enough, or no port is left', () => {
    expect(recover(PROBABLE, policy({ giveUpAfterMs: 5_000 }), history({ sinceMs: 4_700 }))).toMatchObject({
      do: 'wait',
      retryAfterMs: 300,
    });
    const asking = recover(PROVEN, policy({ giveUpAfterMs: 5_000 }), history({ evictions: 2, sinceMs: 5_000 }));
    expect(asking).toMatchObject(asks('binding-not-freed'));
    expect([exitCodeOf(shown(asking)), retryClassOf(shown(asking))]).toEqual([5, 'person']);
    const spent = history({ triedFallbacks: [18081, 18082] });
    expect(recover(PROBABLE, steps('reclaim', 'fallback'), spent)).toMatchObject(asks('no-fallback-left'));
  });
});

describe('A binding that is not ours to free', () => {
  test('of a tunnel of our own is a question, with its name', () => {
    const asking = recover(HERE, steps('reclaim', 'wait', 'fallback'), history({ canKnock: true }));
    expect(asking).toMatchObject({ do: 'ask', problem: { code: 'binding-live-here', facts: { tunnel: 'db-prod' } } });
  });
  test('of a live session elsewhere is a question, unless the user takes it over', () => {
    expect(recover(LIVE, policy(), history())).toMatchObject({
      ...asks('binding-live-elsewhere'),
      problem: { facts: { pid: 2345, peer: '192.0.2.7:5022' } },
    });
    expect(recover(LIVE, policy({ takeOver: true }), history())).toMatchObject({ do: 'evict', session: { pid: 2345 } });
    expect(recover(LIVE, policy({ takeOver: true }), history({ evictions: 2 }))).toMatchObject({ do: 'ask' });
    const unproven = judgeBinding(mine({ probe: 'talks', takeOver: true }));
    expect(recover(unproven, policy({ takeOver: true }), history())).toMatchObject(asks('binding-live-elsewhere'));
  });
  test('of somebody else is left for another port, else asked about', () => {
    expect(recover(held('user'), steps('reclaim', 'wait', 'fallback'), history())).toEqual({ do: 'fall-back', port: 18081 });
    const asking = recover(held('user'), policy(), history({ canKnock: true }));
    expect(asking).toMatchObject({ ...asks('binding-held'), problem: { facts: { holder: 'the user bob (uid 1002)', port: 18080 } } });
    expect(exitCodeOf(shown(asking))).toBe(5);
    expect(wordsOf(shown(asking)).next).toMatch(/sudo ss -ltnp 'sport = :18080'$/);
  });
  test('that only a probe called live is asked for once more: the probe may have ended it', () => {
    expect(recover(held('live-session'), policy(), history())).toEqual({ do: 'bind-again', afterMs: 5 });
    expect(recover(held('live-session'), policy(), history({ tries: 1 }))).toMatchObject(asks('binding-held'));
  });
  test('of nobody knows whom is waited for and never ended', () => {
    expect(recover(UNKNOWN, policy(), history())).toMatchObject({ ...waits('binding-unknown-holder'), etaMs: null });
    const asking = recover(UNKNOWN, policy({ giveUpAfterMs: 60_000 }), history({ sinceMs: 60_000 }));
    expect(asking).toMatchObject({ ...asks('binding-not-freed'), problem: { facts: { whose: 'unknown' } } });
  });
});

describe('A binding that is forbidden', () => {
  test.each(['server-list', 'key-list', 'privileged-port'] as const)('by %s may be allowed at another port', (why) => {
    expect(recover(forbidden(why), steps('fallback'), history())).toEqual({ do: 'fall-back', port: 18081 });
  });
  test.each([
    ['server-forbids', 'bind-not-allowed', /AllowTcpForwarding/],
    ['key-forbids', 'bind-not-allowed', /authorized_keys/],
    ['bad-address', 'binding-bad-address', /ip -brief address$/],
    ['no-directory', 'binding-no-directory', /ls -ld/],
  ] as const)('by %s is so at every port, and a person is asked', (why, code, next) => {
    const asking = recover(forbidden(why), steps('reclaim', 'wait', 'fallback'), history({ canKnock: true }));
    expect(asking).toMatchObject(asks(code));
    expect([exitCodeOf(shown(asking)), retryClassOf(shown(asking))]).toEqual([5, 'person']);
    expect(wordsOf(shown(asking)).next).toMatch(next);
  });
  test('is told in the words of the server, where it gave any', () => {
    const textOf = (verdict: BindingVerdict): string => wordsOf(shown(recover(verdict, policy(), history()))).text;
    expect(textOf({ is: 'not-allowed', why: 'server-list', said: 'listen-not-permitted' })).toMatch(
      /PermitListen.*It said: port forwarding refused\.$/,
    );
    expect(textOf(forbidden('server-forbids'))).not.toMatch(/It said/);
  });
});

describe('For any evidence, policy and history', () => {
  const anyPolicy = fc.record({
    listen: fc.constantFrom<Policy['listen'][]>(TCP, SOCKET),
    on: fc.constant('bastion'),
    onConflict: fc.uniqueArray(fc.constantFrom<ConflictStep[]>('reclaim', 'wait', 'fallback')),
    fallbackPorts: fc.option(fc.constant(ports)),
    giveUpAfterMs: fc.option(fc.nat()),
    takeOver: fc.boolean(),
  });
  const fresh = fc.record({ canKnock: fc.boolean(), patienceMs: fc.option(fc.nat()), deadForMs: fc.option(fc.nat()), sinceMs: fc.nat() });
  const after: Partial<Record<Decision['do'], (h: History) => History>> = {
    'bind-again': (h) => ({ ...h, tries: h.tries + 1 }),
    knock: (h) => ({ ...h, knocked: true }),
    evict: (h) => ({ ...h, evictions: h.evictions + 1 }),
    unlink: (h) => ({ ...h, unlinked: h.unlinked + 1 }),
  };

  test('an episode waits, asks or moves after ten steps at most, however its verdicts change', () => {
    const property = fc.property(fc.array(anyEvidence, { minLength: 1, maxLength: 4 }), anyPolicy, fresh, (found, given, start) => {
      const verdicts = found.map(judgeBinding);
      let seen = history(start);
      const done: Decision['do'][] = [];
      for (let n = 0; n <= 10; n += 1) {
        const verdict = verdicts[n % verdicts.length] ?? UNKNOWN;
        const decision = recover(verdict, given, seen);
        done.push(decision.do);
        if (decision.do === 'evict') expect(['ours-stale', 'ours-live']).toContain(verdict.is);
        if (decision.do === 'evict' && verdict.is === 'ours-live') expect(given.takeOver).toBe(true);
        if (decision.do === 'wait') expect(decision.retryAfterMs).toBeGreaterThan(0);
        const next = after[decision.do];
        if (next === undefined) break;
        seen = next(seen);
      }
      const count = (what: Decision['do']): number => done.filter((one) => one === what).length;
      expect(['wait', 'ask', 'fall-back']).toContain(done.at(-1));
      expect([count('knock') <= 1, count('evict') <= 2, count('unlink') <= 2, count('bind-again') <= 4]).toEqual([true, true, true, true]);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  test('every problem has words that name the binding and say what to do', () => {
    const property = fc.property(anyEvidence, anyPolicy, fresh, (found, given, start) => {
      const decision = recover(judgeBinding(found), given, history({ ...start, tries: 9, knocked: true, evictions: 9, unlinked: 9 }));
      if (decision.do === 'fall-back') return;
      const { text, next } = wordsOf(shown(decision));
      expect(text).toContain('path' in given.listen ? given.listen.path : '127.0.0.1:18080');
      expect(next.length).toBeGreaterThan(10);
      expect(`${text}${next}`).not.toMatch(/undefined|NaN|null|Infinity/);
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});
