import { describe, expect, test } from 'vitest';
import { backoff } from '../../src/decide/backoff.ts';
import { judgeLockOut, leastWait } from '../../src/decide/lock-out.ts';
import { problem, type Problem, wordsOf } from '../../src/model/problem.ts';

const at = { host: 'db', port: 22 };
const PENALTY = problem('turned-away', { ...at, said: 'Not allowed at this time', sign: 'penalty', ms: null });
const FULL = problem('turned-away', { ...at, said: 'Exceeded MaxStartups', sign: 'full', ms: null });
const CLOSED = problem('closed-before-greeting', at);
const REFUSED = problem('connect-refused', at);
const SILENT = problem('connect-timeout', { ...at, ms: 5_000 });

/** Seconds to stay away; null: no lock-out. */
const waits = (seen: Problem, refusals: number, times: number): number | null => {
  const judged = judgeLockOut(seen, { refusals, times });
  return judged === null ? null : leastWait(judged) / 1000;
};

describe('what keeps an address out', () => {
  test.each<[string, Problem, number, (number | null)[]]>([
    ['a penalty of sshd, from the first time', PENALTY, 0, [100, 200, 400, 660, 660]],
    ['a server that has too many logins at once is no lock-out', FULL, 2, [null, null, null, null]],
    ['a banner that never comes, from the third time', CLOSED, 0, [null, null, 20, 40, 80, 160, 300, 300]],
    ['a banner that never comes after a refused login, at once', CLOSED, 1, [100, 200, 400, 660]],
    ['refused connections after two refused logins', REFUSED, 2, [660, 1320, 2640, 3600, 3600]],
    ['refused connections otherwise: nobody listens', REFUSED, 1, [null, null, null, null]],
    ['silence, which nobody can count', SILENT, 2, [null, null, null]],
  ])('%s', (_, seen, refusals, expected) => {
    expect(expected.map((__, index) => waits(seen, refusals, index + 1))).toEqual(expected);
  });

  test('is waited out for longer than its penalty, whatever chance says and however often it was tried', () => {
    const leastMs = leastWait(judgeLockOut(PENALTY, { refusals: 0, times: 1 }) as Problem);
    for (const jitter of [0, 0.5, 0.999]) {
      for (const attempt of [1, 5, 1000]) {
        const ms = backoff({ retry: 'answered', attempt, jitter, leastMs });
        expect(ms).toBeGreaterThanOrEqual(100_000);
        expect(ms).toBeLessThan(110_001);
      }
    }
  });

  test('is told with how long, why, and the name of the setting', () => {
    const words = wordsOf(judgeLockOut(PENALTY, { refusals: 0, times: 1 }) as Problem, 'db');
    expect(words.text).toBe('db port 22 takes no connection from here for now. It said: Not allowed at this time.');
    expect(words.next).toContain('PerSourcePenalties');
    expect(words.next).toContain('1m 40s');
    expect(words.next).toContain('tunnels restart db');
  });
});
