import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import ssh2, { type AuthContext, type Connection, type KeyboardAuthContext, type PasswordAuthContext, type Server } from 'ssh2';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../../src/platform/deferred.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { type Key, makeKey, startAgent } from '../../support/keys.ts';
import { tempDir } from '../../support/temp-home.ts';
import { until } from '../../support/until.ts';
import { aHop, required } from './hop.ts';
import { logIn, personWho } from './log-in.ts';

const dir = tempDir();
let hostKey: Key, key: Key;
beforeAll(async () => {
  [hostKey, key] = await Promise.all([makeKey(dir, { name: 'host' }), makeKey(dir, { name: 'user', type: 'rsa' })]);
});

const servers: Server[] = [];
const connections = new Set<Connection>();
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A server for what no sshd asks of its own accord: `onLogin` answers every try. */
async function serve(onLogin: (context: AuthContext) => void): Promise<ResolvedHop> {
  const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey.path)] }, (client) => {
    client.on('error', () => {});
    connections.add(client);
    client.on('authentication', onLogin);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return aHop({ port, knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [hostKey.fingerprint] } });
}

const questions = (context: AuthContext): context is KeyboardAuthContext => context.method === 'keyboard-interactive';
const password = (context: AuthContext): context is PasswordAuthContext => context.method === 'password';

describe('the questions of a server', () => {
  test('are asked together, round after round, and a round without any is passed without a person', async () => {
    const hop = await serve((context) => {
      if (!questions(context)) return context.reject(['keyboard-interactive']);
      const two = [
        { prompt: 'PIN: ', echo: false },
        { prompt: 'City: ', echo: true },
      ];
      context.prompt(two, 'Bank', 'Say who you are', (first) => {
        context.prompt([], (none) => {
          context.prompt([{ prompt: 'Code: ', echo: false }], (second) => {
            const right = JSON.stringify([first, none, second]) === JSON.stringify([['1234', 'Ulm'], [], ['99']]);
            if (right) context.accept();
            else context.reject();
          });
        });
      });
      return undefined;
    });
    const person = personWho((question) => (question.is === 'questions' && question.questions.length === 2 ? ['1234', 'Ulm'] : ['99']));
    expect(await logIn(hop, person)).toBeNull();
    const at = { is: 'questions', host: hop.host, port: hop.port, user: hop.user };
    expect(person.asked).toEqual([
      {
        ...at,
        name: 'Bank',
        instruction: 'Say who you are',
        questions: [
          { text: 'PIN: ', echo: false },
          { text: 'City: ', echo: true },
        ],
      },
      { ...at, name: '', instruction: '', questions: [{ text: 'Code: ', echo: false }] },
    ]);
  });

  test('say when the answers before were refused, once', async () => {
    const hop = await serve((context) => {
      if (!questions(context)) return context.reject(['keyboard-interactive']);
      context.prompt('PIN: ', ([pin]) => {
        context.prompt('Code: ', ([code]) =>
          pin === '1234' && code === '99' ? context.accept() : context.reject(['keyboard-interactive']),
        );
      });
      return undefined;
    });
    const answers = ['1', '99', '1234', '99'];
    const person = personWho(() => [answers.shift() ?? '']);
    expect(await logIn(hop, person)).toBeNull();
    expect(person.asked.map((asked) => 'again' in asked && asked.again)).toEqual([false, false, true, false]);
  });

  test('that refuse without asking are not tried again', async () => {
    let tries = 0;
    const hop = await serve((context) => {
      if (questions(context)) tries += 1;
      context.reject(['keyboard-interactive']);
    });
    expect(
      await logIn(
        hop,
        personWho(() => ['x']),
      ),
    ).toMatchObject({ code: 'login-refused', facts: { tried: 'questions of the server' } });
    expect(tries).toBe(1);
  });

  test('that nobody answers end the login, and no answer is made up', async () => {
    let answered = false;
    const hop = await serve((context) => {
      if (!questions(context)) return context.reject(['keyboard-interactive', 'password']);
      context.prompt('Code: ', () => {
        answered = true;
      });
      return undefined;
    });
    const person = personWho(() => null);
    expect(await logIn(hop, person)).toMatchObject({ code: 'login-unanswered', facts: { how: 'declined' } });
    expect([person.asked.length, answered]).toEqual([1, false]);
  });
});

test('an agent’s key that is accepted as one step leads on to the next', async () => {
  const agent = await startAgent();
  await agent.add(key.path);
  const hop = await serve((context) => {
    if (context.method === 'publickey' && context.signature === undefined) return context.accept();
    if (context.method === 'publickey') return context.reject(['password'], true);
    return password(context) && context.password === 'secret' ? context.accept() : context.reject(['publickey']);
  });
  expect(
    await logIn(
      { ...hop, agent: agent.socket },
      personWho(() => ['secret']),
    ),
  ).toBeNull();
  await agent.stop();
});

describe('a password that has expired', () => {
  const changing = (changes: [string, string][]) =>
    serve((context) => {
      if (!password(context)) return context.reject(['password']);
      context.requestChange('Your password has expired.', (fresh) => {
        changes.push([context.password, fresh]);
        context.accept();
      });
      return undefined;
    });

  test('is changed for one that the person gives twice alike', async () => {
    const changes: [string, string][] = [];
    const hop = await changing(changes);
    const replies = [['old'], ['new', 'mew'], ['new', 'new']];
    const person = personWho(() => replies.shift() ?? null);
    expect(await logIn(hop, person)).toBeNull();
    expect(changes).toEqual([['old', 'new']]);
    expect(person.asked[1]).toMatchObject({ is: 'questions', instruction: 'Your password has expired.' });
  });

  test('stays as it is when nobody gives another', async () => {
    const changes: [string, string][] = [];
    const replies = [['old'], null];
    const hop = await changing(changes);
    expect(
      await logIn(
        hop,
        personWho(() => replies.shift() ?? null),
      ),
    ).toMatchObject({ code: 'login-unanswered' });
    expect(changes).toEqual([]);
  });
});

describe('the deadline of a login', () => {
  test('does not run while a person thinks, and runs again once they have answered', async () => {
    const clock = fakeClock();
    const answer = deferred<string[]>();
    let heard = false;
    const hop = await serve((context) => {
      // To the password it never says a word.
      if (password(context)) heard = true;
      else context.reject(['password']);
    });
    const person = personWho(() => answer.promise);
    const login = logIn(hop, person, clock);
    await until(() => person.asked.length > 0, { what: 'the question' });
    await clock.advance(3_600_000);
    answer.resolve(['secret']);
    await until(() => heard, { what: 'the password' });
    await clock.advance(30_000);
    expect(await login).toMatchObject({ code: 'login-timeout', facts: { ms: 30_000 } });
  });
});

test('a key that a person must touch is no reason for a deadline, nor is one to unlock', async () => {
  const clock = fakeClock();
  const locked = await makeKey(dir, { name: 'locked', passphrase: 'sesame' });
  const hop = await serve((context) => (context.method === 'publickey' ? context.accept() : context.reject(['publickey'])));
  const answer = deferred<string[]>();
  const person = personWho(() => answer.promise);
  const login = logIn({ ...hop, identities: required(locked.path) }, person, clock);
  await until(() => person.asked.length > 0, { what: 'the question' });
  await clock.advance(3_600_000);
  answer.resolve(['sesame']);
  expect(await login).toBeNull();
});

describe('a server that closes without a word after it has refused something, as dropbear does', () => {
  const closingAfter = (method: string) => {
    let tries = 0;
    return serve((context) => {
      tries += context.method === method ? 1 : 0;
      if (tries < 2) context.reject(['publickey', 'password']);
      else for (const client of connections) client.end();
    });
  };

  test('is told from a network that broke', async () => {
    const hop = await closingAfter('publickey');
    const other = await makeKey(dir, { name: 'other' });
    expect(await logIn({ ...hop, identities: required(key.path, other.path) })).toMatchObject({ code: 'login-cut-off' });
  });

  test('has refused the login where a person gave the answers', async () => {
    const hop = await closingAfter('password');
    const tried = 'password (2 times); at the last it ended the connection (as MaxAuthTries does)';
    expect(
      await logIn(
        hop,
        personWho(() => ['wrong']),
      ),
    ).toMatchObject({ code: 'login-refused', facts: { tried } });
  });
});
