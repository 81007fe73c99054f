import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Question } from '../../../src/model/prompt.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type OneTimeCodes, askForCodes } from '../../support/one-time-codes.ts';
import { isRoot, must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { makeUser } from '../../support/users.ts';
import { required } from './hop.ts';
import { hopAt, logIn, methodsIn, personWho } from './log-in.ts';

const PASSWORD = 'correct horse';
let codes: OneTimeCodes;
let key: Key;
let start: (...config: string[]) => Promise<Sshd>;

beforeAll(async () => {
  if (!isRoot) return;
  const user = await makeUser();
  await must('chpasswd', [], { input: `${user.name}:${PASSWORD}\n` });
  codes = askForCodes(user);
  key = await makeKey(tempDir(), { name: 'key' });
  const started: Sshd[] = [];
  start = async (...config) => {
    const pam = ['UsePAM yes', 'KbdInteractiveAuthentication yes', ...config];
    const sshd = await startSshd({ user: { name: user.name, home: user.home }, binary: codes.binary, config: pam });
    sshd.authorize(key.publicLine);
    started.push(sshd);
    return sshd;
  };
  afterAll(async () => {
    for (const sshd of started) await sshd.stop();
    codes.remove();
    await user.remove();
  });
});

const texts = (asked: readonly Question[]): string[] =>
  asked.flatMap((question) =>
    question.is === 'questions' ? question.questions.map(({ text, echo }) => `${text}${echo ? '' : '(hidden)'}`) : question.is,
  );

/** Answers each question of the server by what it asks for. */
const answering = ({ password = PASSWORD, code = codes.code() }: { password?: string; code?: string } = {}) =>
  personWho((question) =>
    question.is === 'questions' ? question.questions.map(({ text }) => (/code/i.test(text) ? code : password)) : null,
  );

describe.skipIf(!isRoot)('a server that asks for a password and a one-time code', () => {
  test('lets in who gives both, each asked for in the server’s words and not shown', async () => {
    const sshd = await start();
    const person = answering();
    expect(await logIn(hopAt(sshd), person)).toBeNull();
    expect(texts(person.asked)).toEqual(['Password: (hidden)', 'Verification code: (hidden)']);
  });

  test('refuses a wrong code, and neither code nor password is told', async () => {
    const sshd = await start();
    const base = hopAt(sshd);
    const hop = { ...base, login: { ...base.login, passwordPrompts: 1 } };
    const wrong = codes.code().replaceAll(/\d/g, (digit) => String((Number(digit) + 5) % 10));
    const refused = await logIn(hop, answering({ code: wrong }));
    expect(refused).toMatchObject({ code: 'login-refused', facts: { tried: 'questions of the server' } });
    expect(JSON.stringify(refused)).not.toMatch(new RegExp(`${wrong}|${PASSWORD}`));
  });

  test('and for a key before that, asks nobody who has not shown the key', async () => {
    const sshd = await start('AuthenticationMethods publickey,keyboard-interactive');
    const person = answering();
    expect(await logIn(hopAt(sshd, { identities: required(key.path) }), person)).toBeNull();
    expect(methodsIn(sshd.log())).toEqual(['publickey', 'publickey', 'keyboard-interactive']);
    const stranger = answering();
    expect(await logIn(hopAt(sshd), stranger)).not.toBeNull();
    expect(stranger.asked).toEqual([]);
  });
});
