import { describe, expect, test } from 'vitest';
import type { Problem } from '../../../src/model/problem.ts';
import { problem, ProblemError } from '../../../src/model/problem.ts';
import type { Question } from '../../../src/model/prompt.ts';
import { deferred } from '../../../src/platform/deferred.ts';
import { OVER } from '../../../src/platform/over.ts';
import { Asking, type Desk, type OnNeeded } from '../../../src/ssh/links/asking.ts';

const password: Question = { is: 'password', again: false, host: 'bastion', port: 22, user: 'ann' };
const waiting = problem('prompt-waiting', { id: '1', what: 'the password of ann@bastion' });
const lost = new ProblemError(problem('link-closed', { host: 'bastion' }));
const never = new AbortController().signal;

function makeAsking({ hearers = 1 }: { hearers?: number } = {}) {
  const answer = deferred<readonly string[] | null>();
  const asked: Question[] = [];
  const desk: Desk = {
    async ask(question, { onOpen, signal }) {
      asked.push(question);
      onOpen('1');
      signal.addEventListener('abort', () => answer.reject(signal.reason));
      return await answer.promise;
    },
  };
  const heard: (Problem | null)[] = [];
  const audience = new Set<OnNeeded>(Array.from({ length: hearers }, () => (needed: Problem | null) => void heard.push(needed)));
  return { asking: new Asking({ desk, place: 'bastion 22', audience }), answer, asked, heard, audience };
}

describe('a dial that asks', () => {
  test('tells everybody who waits for it what it waits for, and when it goes on', async () => {
    const { asking, answer, heard } = makeAsking({ hearers: 2 });
    const answers = asking.ask(password, never);
    expect(heard).toEqual([waiting, waiting]);
    await expect(asking.asked).rejects.toMatchObject({ problem: waiting });
    answer.resolve(['hunter2']);
    expect(await answers).toEqual(['hunter2']);
    expect(heard.slice(2)).toEqual([null, null]);
    expect(asking.reasonOf(lost)).toBe(lost);
  });

  test('and ends unanswered waits for the answer, whatever ended it', async () => {
    const { asking, heard } = makeAsking();
    const answers = asking.ask(password, never);
    asking.end();
    await expect(answers).rejects.toBe(OVER);
    expect(asking.reasonOf(lost)).toMatchObject({ problem: waiting });
    // Nobody is told that it waits no longer: that it waits on is told by the end of the dial.
    expect(heard).toEqual([waiting]);
  });

  test('asks nobody where nobody who waits for it may be asked, and says afterwards what it needed', async () => {
    const { asking, asked, audience } = makeAsking({ hearers: 0 });
    expect(await asking.ask(password, never)).toBe(null);
    expect([asked, asking.wasUnheard]).toEqual([[], true]);
    expect(asking.reasonOf(lost)).toMatchObject({ problem: { code: 'answer-needed', facts: { what: 'the password of ann@bastion' } } });
    audience.add(() => {});
    void asking.ask(password, never).catch(() => {});
    expect(asked).toEqual([password]);
    asking.end();
  });

  test('tells of a key that is to be touched until that is done', () => {
    const { asking, heard } = makeAsking();
    const hide = asking.show({ is: 'touch', key: 'id_sk', host: 'bastion', port: 22, user: 'ann' });
    expect(asking.needed).toEqual(problem('touch-needed', { host: 'bastion', user: 'ann', key: 'id_sk' }));
    hide();
    expect(heard.map((needed) => needed?.code ?? null)).toEqual(['touch-needed', null]);
  });
});
