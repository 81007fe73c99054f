import { describe, expect, test } from 'vitest';
import type { Question } from '../../../src/model/prompt.ts';
import { PromptBook, type PromptEvent } from '../../../src/supervisor/prompts/book.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryLog } from '../memory-log.ts';
import { fakeKeychain } from './fake-keychain.ts';

const at = { host: 'bastion', port: 22, user: 'ann' };
const password: Question = { is: 'password', again: false, ...at };
const again: Question = { ...password, again: true };
const passphrase: Question = { is: 'passphrase', path: '/k', fingerprint: 'SHA256:k', again: false };
const code: Question = { is: 'questions', name: '', instruction: '', questions: [{ text: 'Code: ', echo: false }], ...at };
const hostKey: Question = { is: 'host-key', type: 'ED25519', fingerprint: 'SHA256:abc', ...at };

function makeBook() {
  const clock = fakeClock();
  const log = memoryLog();
  const keychain = fakeKeychain();
  const book = new PromptBook({ clock, log, keychain });
  const events: PromptEvent[] = [];
  book.subscribe((event) => events.push(event));
  const settled: object[] = [];
  book.onSettled((one) => settled.push(one));
  /** One login that asks: its answer, and the end of the login. */
  const login = async (question: Question, place = 'bastion 22') => {
    const over = new AbortController();
    const opened: string[] = [];
    const answers = book.ask(question, { place, signal: over.signal, onOpen: (id) => opened.push(id) });
    answers.catch(() => {});
    // It is asked after what is remembered was looked through, and told at the end of that turn.
    await clock.advance(0);
    await clock.advance(0);
    return { answers, over, id: opened[0] ?? '' };
  };
  return { book, clock, log, keychain, events, settled, login };
}

describe('a question of a login', () => {
  test('is a prompt until it is answered, and the answer goes to the login alone', async () => {
    const { book, clock, events, login } = makeBook();
    const { answers, id } = await login(password);
    expect(book.list()).toMatchObject([{ id, is: 'password', title: 'Password of ann@bastion', fields: [{ echo: false }], tunnels: [] }]);
    expect(await book.answer(id, { answers: ['hunter2'] })).toBe(null);
    expect(await answers).toEqual(['hunter2']);
    await clock.advance(0);
    expect(book.list()).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['prompt', 'prompt-gone']);
    expect(JSON.stringify([events, book])).not.toContain('hunter2');
    const next = await login(password);
    expect(next.id).not.toBe('');
    expect(next.id).not.toBe(id);
  });
  test('that two logins ask at once is one prompt, and both are answered', async () => {
    const { book, login } = makeBook();
    const [one, two] = [await login(passphrase, 'a'), await login(passphrase, 'b')];
    expect(two.id).toBe(one.id);
    await book.answer(one.id, { answers: ['sesame'] });
    expect([await one.answers, await two.answers]).toEqual([['sesame'], ['sesame']]);
  });
  test('for a one-time code is asked for each login of its own', async () => {
    const { book, login } = makeBook();
    const [one, two] = [await login(code), await login(code)];
    expect(two.id).not.toBe(one.id);
    await book.answer(one.id, { answers: ['123456'] });
    expect(await one.answers).toEqual(['123456']);
    expect(book.list()).toHaveLength(1);
  });
  test('of a server of the same address behind another hop is another question', async () => {
    const { book, login } = makeBook();
    const one = await login(password, 'bastion-a 22 10.0.0.5 22');
    await book.answer(one.id, { answers: ['a'], remember: 'supervisor' });
    expect((await login(password, 'bastion-b 22 10.0.0.5 22')).id).not.toBe('');
  });
  test('that is declined is answered with no', async () => {
    const { book, settled, login } = makeBook();
    const { answers, id } = await login(password);
    book.decline(id);
    expect(await answers).toBe(null);
    expect(settled).toEqual([{ prompt: id, how: 'declined' }]);
    expect(() => book.decline(id)).toThrow('prompt-gone');
  });
  test('goes with its login where no tunnel waits', async () => {
    const { book, clock, login } = makeBook();
    const { answers, over, id } = await login(password);
    over.abort(new Error('over'));
    await expect(answers).rejects.toThrow('over');
    await clock.advance(0);
    expect(book.list()).toEqual([]);
    await expect(book.answer(id, { answers: ['x'] })).rejects.toThrow('prompt-gone');
  });
});

describe('an answer that does not fit', () => {
  const unfit = async (question: Question, ...answers: string[]) => {
    const { book, login } = makeBook();
    const { id } = await login(question);
    const error: unknown = await book.answer(id, { answers }).catch((thrown: unknown) => thrown);
    expect(book.list()).toHaveLength(1);
    return JSON.stringify((error as { problem: unknown }).problem);
  };
  test('leaves the question open and is never told back', async () => {
    expect(await unfit(password, 'one', 'two')).toContain('1 asked for, 2 given');
    expect(await unfit(password, 'hun\0ter2')).not.toContain('ter2');
    expect(await unfit(hostKey, 'maybe')).not.toContain('maybe');
    expect(await unfit(hostKey, 'SHA256:other')).toContain('another fingerprint');
  });
  test('to be remembered is refused for what is of no use twice', async () => {
    const { book, login } = makeBook();
    const { id } = await login(code);
    await expect(book.answer(id, { answers: ['1'], remember: 'supervisor' })).rejects.toThrow('answer-unfit');
  });
  test('to a new host key is yes, the fingerprint, or no', async () => {
    for (const [word, heard] of [
      ['YES', ['yes']],
      ['SHA256:abc', ['yes']],
      ['no', null],
    ] as const) {
      const { book, login } = makeBook();
      const { answers, id } = await login(hostKey);
      await book.answer(id, { answers: [word] });
      expect(await answers).toEqual(heard);
    }
  });
});

describe('a prompt whose login has ended', () => {
  /** The server has ended the login of the tunnel, which goes on waiting. */
  async function parked(question: Question = password) {
    const made = makeBook();
    const { id, over } = await made.login(question);
    made.book.waits('db', { prompt: id, parked: false });
    over.abort(new Error('over'));
    await made.clock.advance(0);
    made.book.waits('db', { prompt: id, parked: true });
    return { ...made, id };
  }
  test('stays open as long as a tunnel waits for it', async () => {
    const { book, id } = await parked();
    expect(book.list()).toMatchObject([{ id, tunnels: ['db'] }]);
    book.waits('db', null);
    expect(book.list()).toEqual([]);
  });
  test('tells who waits when it is answered, and the next login takes the answer, once', async () => {
    const { book, id, settled, login } = await parked();
    await book.answer(id, { answers: ['hunter2'] });
    expect(settled).toEqual([{ prompt: id, how: 'answered' }]);
    expect(await (await login(password)).answers).toEqual(['hunter2']);
    expect((await login(password)).id).not.toBe('');
  });
  test('forgets an answer that no login takes within a minute', async () => {
    const { book, clock, id, login } = await parked();
    await book.answer(id, { answers: ['hunter2'] });
    await clock.advance(60_001);
    expect((await login(password)).id).not.toBe('');
  });
  test('is joined by the next login that asks the same, also for a code', async () => {
    const { book, id, login } = await parked(code);
    const next = await login(code);
    expect(next.id).toBe(id);
    await book.answer(id, { answers: ['1'] });
    expect(await next.answers).toEqual(['1']);
  });
});

describe('an answer that is remembered', () => {
  test('for the life of the supervisor answers the next login without a person, until it was wrong', async () => {
    const { book, login, keychain } = makeBook();
    await book.answer((await login(password)).id, { answers: ['hunter2'], remember: 'supervisor' });
    for (let turn = 0; turn < 3; turn += 1) expect(await (await login(password)).answers).toEqual(['hunter2']);
    expect(keychain.kept.size).toBe(0);
    const wrong = await login(again);
    expect(book.list()).toMatchObject([{ detail: 'The remembered password was wrong.' }]);
    await book.answer(wrong.id, { answers: ['hunter3'] });
    const wrongAgain = await login(again);
    expect(book.list()).toMatchObject([{ detail: 'The last answer was wrong.' }]);
    book.decline(wrongAgain.id);
    expect((await login(password)).id).not.toBe('');
  });
  test('in the keychain is known to the next supervisor, until it was wrong', async () => {
    const { book, login, keychain, clock, log } = makeBook();
    await book.answer((await login(passphrase)).id, { answers: ['sesame'], remember: 'keychain' });
    expect([...keychain.kept.values()]).toEqual(['sesame']);
    const next = new PromptBook({ clock, log, keychain });
    const ask = (question: Question) => next.ask(question, { place: '', signal: new AbortController().signal, onOpen: () => {} });
    expect(await ask(passphrase)).toEqual(['sesame']);
    void ask({ ...passphrase, again: true });
    await clock.advance(0);
    expect(keychain.kept.size).toBe(0);
    expect(next.list()).toMatchObject([{ detail: 'The remembered passphrase was wrong.' }]);
  });
  test('in a keychain that is broken is used all the same, and the trouble is told', async () => {
    const { book, login, keychain, log } = makeBook();
    keychain.broken = 'no such service';
    const { answers, id } = await login(password);
    expect(await book.answer(id, { answers: ['hunter2'], remember: 'keychain' })).toMatchObject({ code: 'keychain-unusable' });
    expect(await answers).toEqual(['hunter2']);
    expect(JSON.stringify(log.recent())).not.toContain('hunter2');
  });
});
