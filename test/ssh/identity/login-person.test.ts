import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Question } from '../../../src/model/prompt.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { isRoot, must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { makeUser } from '../../support/users.ts';
import { required } from './hop.ts';
import { hopAt, logIn, methodsIn, personWho, type Reply, silentPerson } from './log-in.ts';

const SECRET = 'correct horse';
const dir = tempDir();
let user: Awaited<ReturnType<typeof makeUser>>;
let good: Key, bad: Key;
let sshd: Sshd;
let start: (...config: string[]) => Promise<Sshd>;

beforeAll(async () => {
  if (!isRoot) return;
  user = await makeUser();
  await must('chpasswd', [], { input: `${user.name}:${SECRET}\n` });
  [good, bad] = await Promise.all([makeKey(dir, { name: 'good' }), makeKey(dir, { name: 'bad' })]);
  const started: Sshd[] = [];
  start = async (...config) => {
    const server = await startSshd({ user: { name: user.name, home: user.home }, config });
    server.authorize(good.publicLine);
    started.push(server);
    return server;
  };
  afterAll(async () => {
    for (const server of started) await server.stop();
    await user.remove();
  });
  sshd = await start('PasswordAuthentication yes');
});

const answering = (...answers: string[]): Reply => {
  const left = [...answers];
  return () => [left.shift() ?? 'wrong'];
};
const words = (question: Question): unknown => (question.is === 'questions' ? question.questions : question.is);

describe.skipIf(!isRoot)('a password', () => {
  test('is asked for and lets in, also where there is no key at all', async () => {
    const person = personWho(answering(SECRET));
    expect(await logIn(hopAt(sshd), person)).toBeNull();
    const { host, port, user: name } = hopAt(sshd);
    expect(person.asked).toEqual([{ is: 'password', again: false, host, port, user: name }]);
  });

  test('is asked for again when it was wrong', async () => {
    const person = personWho(answering('no', SECRET));
    expect(await logIn(hopAt(sshd, { identities: required(bad.path) }), person)).toBeNull();
    expect(person.asked.map((question) => question.is === 'password' && question.again)).toEqual([false, true]);
  });

  test('that stays wrong ends in a refusal that tells what was tried, and never the password', async () => {
    const from = sshd.log().length;
    const refused = await logIn(hopAt(sshd, { identities: required(bad.path) }), personWho(answering()));
    expect(refused).toMatchObject({ code: 'login-refused', facts: { tried: `${bad.path}, password (3 times)` } });
    expect(JSON.stringify(refused)).not.toContain('wrong');
    expect(methodsIn(sshd.log().slice(from))).toEqual(['publickey', 'password', 'password', 'password']);
  });

  test('is not asked for where nobody is there: what is missing is told, and the server hears of nothing', async () => {
    const from = sshd.log().length;
    expect(await logIn(hopAt(sshd))).toMatchObject({ code: 'no-credentials' });
    expect(sshd.log().slice(from)).not.toContain('userauth-request');
    expect(await logIn(hopAt(sshd, { identities: required(bad.path) }))).toMatchObject({
      code: 'login-refused',
      facts: { tried: `${bad.path}; nobody was there to be asked for: password` },
    });
  });

  test('that nobody gives ends the login without a try', async () => {
    const from = sshd.log().length;
    expect(
      await logIn(
        hopAt(sshd),
        personWho(() => null),
      ),
    ).toMatchObject({ code: 'login-unanswered', facts: { how: 'declined' } });
    await sshd.waitForLog(/Connection closed|Connection reset|Close session/, { from });
    expect(methodsIn(sshd.log().slice(from))).toEqual(['none']);
  });
});

describe.skipIf(!isRoot)('a server that wants several steps', () => {
  test('gets a key and then a password', async () => {
    const server = await start('PasswordAuthentication yes', 'AuthenticationMethods publickey,password');
    const person = personWho(answering(SECRET));
    expect(await logIn(hopAt(server, { identities: required(bad.path, good.path) }), person)).toBeNull();
    expect(person.asked.map(words)).toEqual(['password']);
    const alone = await logIn(hopAt(server, { identities: required(good.path) }));
    expect(alone).toMatchObject({
      facts: { tried: `${good.path}; a key was accepted and more is asked for: password; nobody was there to be asked for: password` },
    });
  });

  test('gets two keys, neither of them twice', async () => {
    const second = await makeKey(dir, { name: 'second', type: 'rsa' });
    const server = await start('AuthenticationMethods publickey,publickey');
    server.authorize(second.publicLine);
    const from = server.log().length;
    expect(await logIn(hopAt(server, { identities: required(good.path, second.path) }))).toBeNull();
    const accepted = [
      ...server
        .log()
        .slice(from)
        .matchAll(/Partial publickey|Accepted publickey/g),
    ].map(String);
    expect(accepted).toEqual(['Partial publickey', 'Accepted publickey']);
    expect(await logIn(hopAt(server, { identities: required(good.path) }))).toMatchObject({ code: 'login-refused' });
  });

  test('gets a key and then its questions answered', async () => {
    const server = await start('UsePAM yes', 'KbdInteractiveAuthentication yes', 'AuthenticationMethods publickey,keyboard-interactive');
    const person = personWho(answering(SECRET));
    expect(await logIn(hopAt(server, { identities: required(good.path) }), person)).toBeNull();
    expect(person.asked.map(words)).toEqual([[{ text: expect.stringContaining('Password'), echo: false }]]);
  });
});

describe.skipIf(!isRoot)('questions of PAM', () => {
  test('are asked in as many rounds as it takes: an old password, and a new one twice', async () => {
    const server = await start('UsePAM yes', 'KbdInteractiveAuthentication yes');
    await must('chage', ['-d', '0', user.name]);
    const fresh = 'Battery staple 77 Xy';
    const person = personWho((question) => [
      question.is === 'questions' && /new/i.test(question.questions[0]?.text ?? '') ? fresh : SECRET,
    ]);
    expect(await logIn(hopAt(server), person)).toBeNull();
    expect(person.asked.length).toBeGreaterThanOrEqual(3);
    expect(await logIn(hopAt(server), personWho(answering(fresh)))).toBeNull();
    await must('chpasswd', [], { input: `${user.name}:${SECRET}\n` });
  });

  test('come before the password, and as often as ssh_config says', async () => {
    const server = await start('UsePAM yes', 'KbdInteractiveAuthentication yes', 'PasswordAuthentication yes', 'MaxAuthTries 10');
    const from = server.log().length;
    const base = hopAt(server);
    const once = { ...base, login: { ...base.login, passwordPrompts: 1 } };
    expect(
      await logIn(
        once,
        personWho((question) => [question.is === 'password' ? SECRET : 'wrong']),
      ),
    ).toBeNull();
    expect(methodsIn(server.log().slice(from))).toEqual(['none', 'keyboard-interactive', 'password']);
  });
});

describe.skipIf(!isRoot)('a person who takes their time', () => {
  test('is heard when the server’s patience is over first: that is told as such', async () => {
    const server = await start('PasswordAuthentication yes', 'LoginGraceTime 1');
    const person = silentPerson();
    const ended = await logIn(hopAt(server), person);
    expect(ended).toMatchObject({ code: 'login-unanswered', facts: { how: 'closed' } });
    expect(person.asked).toHaveLength(1);
  });
});
