import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeBinding } from '../../src/decide/judge-binding.ts';
import type { BindingVerdict, Evidence } from '../../src/model/binding.ts';
import { exitCodeOf, problem, retryClassOf } from '../../src/model/problem.ts';
import { anyEvidence } from './arbitrary-evidence.ts';
import { HOLDERS } from './binding-table.ts';
import { evidence, ME, mine, row, session, SOCKET } from './evidence.ts';
import { SESSIONS } from './session-table.ts';

describe('The verdict about a refused binding', () => {
  test.each([...HOLDERS, ...SESSIONS])('row $n: $when', ({ given, is, not }) => {
    const verdict = judgeBinding(given);
    expect(verdict).toMatchObject(is);
    expect(not).not.toContain(verdict.is);
  });

  test('row 1 and row 30: no answer and a punishing server are no refusals of a binding', () => {
    expect(retryClassOf(problem('bind-not-answered', { listen: '127.0.0.1:1', on: 'bastion' }))).toBe('answered');
    const turnedAway = problem('turned-away', { host: 'bastion', port: 22, said: 'Not allowed at this time', sign: 'penalty', ms: null });
    expect([retryClassOf(turnedAway), exitCodeOf(turnedAway)]).toEqual(['answered', 1]);
  });
});

describe('What cannot be true', () => {
  const dead = { process: 'same', connection: 'gone' } as const;
  const LIES: readonly (readonly [string, Partial<Evidence>])[] = [
    ['a session with pid 1', { recorded: session({ pid: 1 }) }],
    ['a negative pid', { recorded: session({ pid: -2345 }) }],
    ['a pid that is no number', { recorded: session({ pid: Number.NaN }) }],
    ['a pid beyond all pids', { recorded: session({ pid: 2 ** 40 }) }],
    ['a session that starts in the future', { recorded: session({ startTicks: 50_001 }) }],
    ['a session that started before the boot', { recorded: session({ startTicks: -1 }) }],
    ['a boot id that is a command', { recorded: session({ bootId: '$(reboot)' }) }],
    ['a listener of nobody', { recorded: session(), rows: [row(ME), row(-1)] }],
    ['a user that is no number', { recorded: session(), uid: Number.NaN }],
    ['a scope led by pid 1', { recorded: session(), scope: { id: '1', leader: 1, startTicks: 1 } }],
    ['a program with a negative pid', { recorded: session(), ownProcess: { pid: -1, command: 'x' } }],
  ];
  test.each(LIES)('%s makes the verdict cannot-tell', (_, lie) => {
    expect(judgeBinding(mine({ ...dead, ...lie }))).toEqual({ is: 'cannot-tell' });
  });
});

describe('That we held it before, over a session that told nothing of itself,', () => {
  const held = { heldBefore: { diedAt: 1_000 }, probe: 'silent' } as const;
  const AGAINST: readonly (readonly [string, BindingVerdict['is'], Evidence])[] = [
    ['the server says that its policy forbids it', 'not-allowed', evidence({ ...held, said: ['listen-not-permitted'] })],
    ['one of our own links hears the probe', 'ours-live', evidence({ ...held, heardBy: 'db-prod' })],
    ['nobody listens there any more', 'free', evidence({ ...held, probe: 'nothing-listens' })],
    ['what listens talks', 'someone-else', evidence({ ...held, probe: 'talks' })],
    ['what listens hangs up', 'someone-else', evidence({ ...held, probe: 'ended' })],
    ['nothing may connect to it', 'cannot-tell', evidence({ ...held, probe: 'prohibited' })],
    ['another user listens', 'someone-else', mine({ ...held, rows: [row(1002)] })],
    ['root listens, beside OpenSSH', 'someone-else', mine({ ...held, rows: [row(0)] })],
    ['a program of our own user listens', 'someone-else', mine({ ...held, ownProcess: { pid: 77, command: 'node' } })],
    ["the holder's connection answers", 'ours-live', mine({ ...held, connection: 'answers' })],
    ['a record names the session, which is gone', 'cannot-tell', mine({ ...held, recorded: session(), process: 'gone' })],
    ['a marker names a session that nothing shows to be dead', 'cannot-tell', mine({ ...held, recorded: session({ source: 'marker' }) })],
    ['the server shows what cannot be', 'cannot-tell', mine({ ...held, rows: [row(-1)] })],
    ['it is a socket, whose file outlives its session', 'cannot-tell', evidence({ ...held, listen: SOCKET })],
    ['it is a socket of our own user', 'cannot-tell', mine({ ...held, listen: SOCKET, file: { kind: 'socket', uid: ME } })],
  ];
  test.each(AGAINST)('tells nothing where %s', (_, is, given) => {
    expect(judgeBinding(given).is).toBe(is);
  });
});

const proofOf = (verdict: BindingVerdict): object | null => {
  if (verdict.is === 'ours-stale') return verdict.session;
  return verdict.is === 'ours-live' && verdict.where === 'elsewhere' ? verdict.takeOver : null;
};

const holdsMine = ({ rows, file, uid, listen }: Evidence): boolean =>
  'path' in listen ? file?.kind === 'socket' && file.uid === uid : rows !== null && rows.some((r) => r.state === 'LISTEN' && r.uid === uid);

const isHiddenOfOurs = ({ recorded, connection, ownPid }: Evidence): boolean =>
  recorded?.source === 'record' && recorded.declaredDead && recorded.startTicks === null && connection === 'silent' && ownPid !== null;

describe('For any evidence', () => {
  test('there is a verdict, and a session may be ended only where all is proven', () => {
    let proofs = 0;
    const property = fc.property(anyEvidence, (given) => {
      const verdict = judgeBinding(given);
      if (proofOf(verdict) === null) return;
      proofs += 1;
      const { recorded, process, ownPid, uid } = given;
      expect(proofOf(verdict)).toEqual({ pid: recorded?.pid, startTicks: recorded?.startTicks, bootId: recorded?.bootId });
      expect(process === 'same' || (process === 'hidden' && isHiddenOfOurs(given))).toBe(true);
      expect(uid !== null && recorded?.uid === uid && holdsMine(given)).toBe(true);
      expect(recorded?.usedByLiveLink).toBe(false);
      expect(recorded?.pid).toBeGreaterThan(1);
      expect(recorded?.pid).not.toBe(ownPid);
      expect(['sshd', 'sshd-session', '?']).toContain(recorded?.comm);
      expect(given.heardBy).toBeNull();
    });
    fc.assert(property, { numRuns: 4_000 });
    expect(proofs).toBeGreaterThan(20);
  });

  test('a dead session has a death: nothing answers, and our own record or the tables say so', () => {
    const property = fc.property(anyEvidence, (given) => {
      const verdict = judgeBinding(given);
      if (verdict.is !== 'ours-stale' || verdict.session === null) return;
      expect(['talks', 'ended']).not.toContain(given.probe);
      expect(given.connection).not.toBe('answers');
      const { recorded, connection } = given;
      expect((recorded?.source === 'record' && recorded.declaredDead) || connection === 'silent' || connection === 'gone').toBe(true);
    });
    fc.assert(property, { numRuns: 4_000 });
  });

  test('a note that names no session changes no verdict but cannot-tell, and never into a proof', () => {
    let changed = 0;
    const property = fc.property(anyEvidence, fc.boolean(), (any, isRecorded) => {
      const given = { ...any, recorded: isRecorded ? any.recorded : null };
      const without = judgeBinding({ ...given, heldBefore: null });
      const verdict = judgeBinding({ ...given, heldBefore: { diedAt: 1_000 } });
      expect(proofOf(verdict)).toEqual(proofOf(without));
      if (verdict.is === without.is) expect(verdict).toEqual(without);
      else {
        changed += 1;
        expect([without.is, verdict]).toEqual(['cannot-tell', { is: 'ours-stale', session: null, file: null }]);
        expect([given.recorded, given.probe]).toEqual([null, 'silent']);
      }
    });
    fc.assert(property, { numRuns: 4_000 });
    expect(changed).toBeGreaterThan(20);
  });

  test('a live session is given up only by take-over, and a file only where it is our own socket', () => {
    const property = fc.property(anyEvidence, (given) => {
      const verdict = judgeBinding(given);
      if (verdict.is === 'ours-live' && verdict.where === 'elsewhere' && verdict.takeOver !== null)
        expect([given.takeOver, given.process]).toEqual([true, 'same']);
      if (verdict.is !== 'ours-stale' || verdict.file === null) return;
      expect(verdict.file).toEqual(given.listen);
      expect([given.file?.kind, given.file?.uid]).toEqual(['socket', given.uid]);
      expect(given.probe === 'nothing-listens' || verdict.session !== null).toBe(true);
    });
    fc.assert(property, { numRuns: 4_000 });
  });
});
