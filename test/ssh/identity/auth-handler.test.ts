import type { AuthenticationType, AnyAuthMethod } from 'ssh2';
import { describe, expect, test } from 'vitest';
import type { Question } from '../../../src/model/prompt.ts';
import { createAuthHandler } from '../../../src/ssh/identity/logins/auth-handler.ts';
import type { Credentials, LoginMethod } from '../../../src/ssh/identity/logins/credentials.ts';
import type { Person } from '../../../src/ssh/identity/logins/person.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { aHop } from './hop.ts';

const method = (label: string): LoginMethod => ({
  label,
  fingerprint: label,
  method: { type: 'publickey', username: 'ann', key: label },
  trouble: () => null,
});
const withKeys = (...labels: string[]): Credentials => ({
  methods: labels.map(method),
  skipped: [],
  nothing: null,
  certificates: [],
});

type Answer = [AuthenticationType[] | null, boolean | null];
const BEGIN: Answer = [null, null];

/** What the handler asks for next after each of the server's answers. */
async function answers(labels: string[], replies: readonly Answer[], given: { person?: Person; hop?: ResolvedHop } = {}) {
  const { hop = aHop(), ...asked } = given;
  const { handler, refused } = createAuthHandler(hop, withKeys(...labels), { ...asked, signal: new AbortController().signal });
  const asks: (string | false)[] = [];
  for (const [left, partial] of replies) {
    const next = await new Promise<AnyAuthMethod | false>((resolve) => {
      handler(left as AuthenticationType[], partial as boolean, (chosen) => resolve(chosen as AnyAuthMethod | false));
    });
    asks.push(next !== false && (next.type === 'publickey' ? (next.key as string) : next.type));
  }
  const problem = refused();
  return { asked: asks, tried: problem.code === 'login-refused' && problem.facts.tried };
}

const personWho = (reply: (question: Question) => readonly string[] | null): Person => ({
  ask: async (question) => reply(question),
  show: () => () => {},
});
const typist = personWho(() => ['secret']);

describe('the order of a login', () => {
  test('is each key once, then the end, and the end stays the end', async () => {
    const no: Answer = [['publickey', 'hostbased'], false];
    expect(await answers(['a', 'b'], [BEGIN, no, no, no])).toEqual({
      asked: ['a', 'b', false, false],
      tried: 'a, b; it would also take: hostbased',
    });
  });

  test('ends when the server takes no more keys', async () => {
    expect(await answers(['a', 'b'], [BEGIN, [['hostbased'], false]])).toEqual({
      asked: ['a', false],
      tried: 'a; it takes no keys, only: hostbased',
    });
  });

  test('says that nobody was there where a person would have been asked', async () => {
    const { tried } = await answers(['a'], [BEGIN, [['password'], false]]);
    expect(tried).toBe('a; it takes no keys, only: password; nobody was there to be asked for: password');
  });

  test('never asks a person in BatchMode', async () => {
    const hop = aHop({ login: { ...aHop().login, batch: true } });
    expect((await answers(['a'], [BEGIN, [['password'], false]], { person: typist, hop })).asked).toEqual(['a', false]);
  });

  test('goes on with another key when the first was accepted and one more is asked for, and never shows the first again', async () => {
    const { asked } = await answers(['a', 'b'], [BEGIN, [['publickey'], true], [['publickey'], false]]);
    expect(asked).toEqual(['a', 'b', false]);
  });

  test('shows a key again that was refused before another one was accepted', async () => {
    const no: Answer = [['publickey'], false];
    expect((await answers(['a', 'b'], [BEGIN, no, [['publickey'], true], no])).asked).toEqual(['a', 'b', 'a', false]);
  });

  test('says so when a key was accepted and something else is asked for', async () => {
    expect(await answers(['a', 'b'], [BEGIN, [['keyboard-interactive'], true]])).toEqual({
      asked: ['a', false],
      tried: 'a; a key was accepted and more is asked for: keyboard-interactive; nobody was there to be asked for: keyboard-interactive',
    });
  });

  test('begins with the question which methods there are where keys do not come first', async () => {
    const hop = aHop({ login: { ...aHop().login, methods: ['password', 'publickey'] } });
    const both: Answer = [['publickey', 'password'], false];
    const { asked, tried } = await answers(['a'], [BEGIN, both, both, both, both, both], { person: typist, hop });
    expect(asked).toEqual(['none', 'password', 'password', 'password', 'a', false]);
    expect(tried).toBe('password (3 times), a');
  });

  test('tells the person that the password before was wrong, and asks no more often than ssh_config says', async () => {
    const hop = aHop({ login: { ...aHop().login, passwordPrompts: 2 } });
    const again: boolean[] = [];
    const person = personWho((question) => {
      if (question.is === 'password') again.push(question.again);
      return ['wrong'];
    });
    const no: Answer = [['password'], false];
    expect((await answers(['a'], [BEGIN, no, no, no], { person, hop })).asked).toEqual(['a', 'password', 'password', false]);
    expect(again).toEqual([false, true]);
  });
});
