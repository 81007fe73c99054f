import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { judgeBinding } from '../../src/decide/judge-binding.ts';
import type { BindingVerdict, Evidence } from '../../src/model/binding.ts';
import { exitCodeOf, problem, retryClassOf } from '../../src/model/problem.ts';
import { anyEvidence } from './arbitrary-evidence.ts';
import { HOLDERS } from './binding-table.ts';
import { ME, mine, row, session } from './evidence.ts';
import { SESSIONS } from './session-table.ts';

describe('The verdict about a refused binding', () => {
  test.each([...HOLDERS, ...SESSIONS])('row $n: $when', ({ given, is, not }) => {
    const verdict = judgeBinding(given);
    expect(verdict).toMatchObject(is);
    expect(not).not.toContain(verdict.is);
  });

  test('row 1 and row 30: no answer and a punishing server are no refusals of a binding', () => {
    expect(retryClassOf(problem('bind-not-answered', { listen: '127.0.0.1:1', on: 'bastion' }))).toBe('answered');
    const turnedAway = problem('turned-away', { host: 'bastion', port: 22, said: 'Not allowed at this time' });
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
