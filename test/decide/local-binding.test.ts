import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideLocal, ephemeralProblem, type LocalHistory, type LocalHolder, type LocalPolicy } from '../../src/decide/local-binding.ts';
import { retryClassOf, wordsOf } from '../../src/model/problem.ts';

const listen = { host: '127.0.0.1', port: 5432 };
const RANGE = { first: 5433, last: 5435 };
const postgres: LocalHolder = { is: 'program', words: 'pid 12 (postgres)' };
const outgoing: LocalHolder = { is: 'source-port', by: 'pid 9 (curl)', to: '192.0.2.1:443' };
const policy = (changes: Partial<LocalPolicy> = {}): LocalPolicy => ({
  listen,
  onConflict: ['reclaim', 'wait'],
  fallbackPorts: null,
  giveUpAfterMs: null,
  ...changes,
});
const history = (changes: Partial<LocalHistory> = {}): LocalHistory => ({ sinceMs: 0, tries: 0, triedFallbacks: [], ...changes });
const falls = (onConflict: LocalPolicy['onConflict'], changes: Partial<LocalPolicy> = {}): LocalPolicy =>
  policy({ onConflict, fallbackPorts: RANGE, ...changes });

describe('a held port of this machine', () => {
  test('is waited for, for ever, where the profile says nothing else', () => {
    const decision = decideLocal(postgres, policy(), history({ sinceMs: 9e9, tries: 900 }));
    expect(decision).toMatchObject({ do: 'wait', retryAfterMs: 2_000, problem: { code: 'binding-held' } });
  });

  test('is waited for also where the profile allows nothing at all', () => {
    for (const onConflict of [[], ['reclaim']] as const) {
      expect(decideLocal(postgres, policy({ onConflict }), history())).toMatchObject({ do: 'wait', retryAfterMs: 250 });
    }
  });

  test('names the other tunnel that has it, and how to take that down', () => {
    const decision = decideLocal({ is: 'tunnel', tunnel: 'staging' }, policy(), history());
    if (decision.do !== 'wait') throw new Error(decision.do);
    expect(wordsOf(decision.problem).text).toBe('127.0.0.1:5432 on this machine is held by your own tunnel staging.');
    expect(wordsOf(decision.problem).next).toContain('tunnels down staging');
  });

  test('is a matter for a person after giveUpAfter, and its holder is named', () => {
    const asked = policy({ giveUpAfterMs: 10_000 });
    expect(decideLocal(postgres, asked, history({ sinceMs: 9_900, tries: 9 }))).toMatchObject({ do: 'wait', retryAfterMs: 100 });
    const decision = decideLocal(postgres, asked, history({ sinceMs: 10_000, tries: 9 }));
    if (decision.do !== 'ask') throw new Error(decision.do);
    expect(retryClassOf(decision.problem)).toBe('person');
    expect(wordsOf(decision.problem).text).toContain('pid 12 (postgres) after 10s');
  });

  test.each<[string, LocalPolicy, Partial<LocalHistory>, object]>([
    ['at once where there is no wait', falls(['reclaim', 'fallback']), {}, { do: 'fall-back', port: 5433 }],
    ['at once where it comes before the wait', falls(['fallback', 'wait']), {}, { do: 'fall-back', port: 5433 }],
    ['never before the wait is over', falls(['wait', 'fallback']), { sinceMs: 119_999 }, { do: 'wait', retryAfterMs: 1 }],
    ['after two minutes', falls(['wait', 'fallback']), { sinceMs: 120_000 }, { do: 'fall-back', port: 5433 }],
    ['after giveUpAfter', falls(['wait', 'fallback'], { giveUpAfterMs: 500 }), { sinceMs: 500 }, { do: 'fall-back', port: 5433 }],
    ['not before giveUpAfter', falls(['wait', 'fallback'], { giveUpAfterMs: 500_000 }), { sinceMs: 499_999 }, { do: 'wait' }],
    ['to the next port', falls(['fallback']), { triedFallbacks: [5433, 5434] }, { do: 'fall-back', port: 5435 }],
    [
      'to none that is left',
      falls(['fallback']),
      { triedFallbacks: [5433, 5434, 5435] },
      { do: 'ask', problem: { code: 'no-fallback-left' } },
    ],
    [
      'and then waits',
      falls(['fallback', 'wait']),
      { triedFallbacks: [5433, 5434, 5435] },
      { do: 'wait', problem: { code: 'binding-held' } },
    ],
  ])('falls back %s', (_, asked, past, expected) => {
    expect(decideLocal(postgres, asked, history(past))).toMatchObject(expected);
  });

  test('leaves out the wanted port itself, and a Unix socket has no other', () => {
    const around = falls(['fallback'], { fallbackPorts: { first: 5432, last: 5433 } });
    expect(decideLocal(postgres, around, history())).toMatchObject({ do: 'fall-back', port: 5433 });
    expect(decideLocal(postgres, falls(['fallback'], { listen: { path: '/run/x' } }), history()).do).toBe('ask');
  });

  test('is not called held for good while another port is coming', () => {
    expect(decideLocal(postgres, falls(['wait', 'fallback']), history())).toMatchObject({
      problem: { code: 'binding-awaited', facts: { leftMs: 120_000, first: 5433, last: 5435 } },
    });
  });

  test('that an outgoing connection has is told as such, and is free within its TIME_WAIT', () => {
    expect(decideLocal(outgoing, policy(), history())).toMatchObject({ do: 'wait', problem: { code: 'binding-own-source-port' } });
    expect(decideLocal(outgoing, falls(['wait', 'fallback']), history({ sinceMs: 65_000 })).do).toBe('fall-back');
  });

  test('always leads somewhere, and never out of the range', () => {
    const steps = fc.uniqueArray(fc.constantFrom('reclaim' as const, 'wait' as const, 'fallback' as const));
    const holders = fc.constantFrom<LocalHolder>(postgres, outgoing, { is: 'tunnel', tunnel: 'a' });
    const past = fc.record({ sinceMs: fc.nat(), tries: fc.nat(), triedFallbacks: fc.array(fc.integer({ min: 5433, max: 5435 })) });
    fc.assert(
      fc.property(steps, holders, past, fc.option(fc.nat()), (onConflict, holder, before, giveUpAfterMs) => {
        const decision = decideLocal(holder, falls(onConflict, { giveUpAfterMs }), before);
        if (decision.do === 'wait') expect(decision.retryAfterMs).toBeGreaterThan(0);
        if (decision.do === 'fall-back')
          expect([5433, 5434, 5435].filter((port) => !before.triedFallbacks.includes(port))).toContain(decision.port);
        if (decision.do === 'ask') expect(retryClassOf(decision.problem)).toBe('person');
      }),
    );
  });
});

describe('a port that this machine gives its outgoing connections', () => {
  const range = { first: 32_768, last: 60_999 };
  const at = (port: number) => ({ host: '127.0.0.1', port });
  test('is warned of, the first and the last included', () => {
    for (const port of [32_768, 60_999]) {
      expect(ephemeralProblem({ asked: at(port), bound: at(port), range })).toMatchObject({ code: 'binding-ephemeral', facts: { port } });
    }
  });
  test('is not warned of outside the range, where any port was asked for, or where the range is not known', () => {
    for (const port of [32_767, 61_000]) expect(ephemeralProblem({ asked: at(port), bound: at(port), range })).toBeNull();
    expect(ephemeralProblem({ asked: at(0), bound: at(40_000), range })).toBeNull();
    expect(ephemeralProblem({ asked: at(40_000), bound: at(40_000), range: null })).toBeNull();
    expect(ephemeralProblem({ asked: { path: '/x' }, bound: { path: '/x' }, range })).toBeNull();
  });
});
