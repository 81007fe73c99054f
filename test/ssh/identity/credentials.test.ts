import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/model/problem.ts';
import { type Credentials, loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { readKeyText } from '../../../src/ssh/identity/keys/key-format.ts';
import { type Agent, type Key, makeKey, startAgent } from '../../support/keys.ts';
import { isRoot, must } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, byDefault, required } from './hop.ts';

const dir = tempDir();
let agent: Agent;
let a: Key, b: Key, c: Key, locked: Key;
beforeAll(async () => {
  [a, b, c, locked] = await Promise.all([
    makeKey(dir, { name: 'a' }),
    makeKey(dir, { name: 'b', type: 'ecdsa' }),
    makeKey(dir, { name: 'c', type: 'rsa' }),
    makeKey(dir, { name: 'locked', passphrase: 'secret' }),
  ]);
  agent = await startAgent();
  await agent.add(a.path);
  await agent.add(b.path);
});
afterAll(() => agent.stop());

const kinds = ({ methods }: Credentials): string[] =>
  methods.map(({ label, fingerprint }) => `${label.startsWith('agent') ? 'agent' : 'file'} ${nameOf(fingerprint)}`);
const nameOf = (fingerprint: string): string =>
  ['a', 'b', 'c', 'locked'][[a, b, c, locked].findIndex((key) => key.fingerprint === fingerprint)]!;
const problemOf = async (loading: Promise<unknown>) => {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return (error as ProblemError).problem;
};

describe('the keys to try', () => {
  test('are the named ones, the agent’s first, then its others, and none of them twice', async () => {
    const credentials = await loadCredentials(aHop({ agent: agent.socket, identities: required(c.path, b.path, b.path) }));
    expect(kinds(credentials)).toEqual(['agent b', 'file c', 'agent a']);
    expect(credentials.skipped).toEqual([]);
    expect(credentials.methods.map(({ label }) => label)).toEqual([
      `agent key ${b.fingerprint} (test b)`,
      c.path,
      `agent key ${a.fingerprint} (test a)`,
    ]);
  });

  test('are no others of the agent with IdentitiesOnly', async () => {
    const credentials = await loadCredentials(aHop({ agent: agent.socket, identities: required(c.path, b.path), identitiesOnly: true }));
    expect(kinds(credentials)).toEqual(['agent b', 'file c']);
  });

  test('are found in the agent by a public file alone', async () => {
    const only = join(dir, 'only');
    copyFileSync(`${b.path}.pub`, `${only}.pub`);
    for (const path of [only, `${only}.pub`]) {
      const credentials = await loadCredentials(aHop({ agent: agent.socket, identities: required(path), identitiesOnly: true }));
      expect([kinds(credentials), credentials.skipped]).toEqual([['agent b'], []]);
    }
  });

  test('may be encrypted, or open to others, when the agent holds them', async () => {
    const holder = await startAgent();
    await holder.add(locked.path, { passphrase: 'secret' });
    const open = join(dir, 'locked-alone');
    copyFileSync(locked.path, open);
    chmodSync(open, 0o644);
    for (const path of [locked.path, open]) {
      const credentials = await loadCredentials(aHop({ agent: holder.socket, identities: required(path), identitiesOnly: true }));
      expect([kinds(credentials), credentials.skipped]).toEqual([['agent locked'], []]);
    }
    await holder.stop();
  });

  test('may be in any form that ssh2 or OpenSSH writes', async () => {
    for (const [type, format] of [
      ['rsa', 'PEM'],
      ['rsa', 'PKCS8'],
      ['ecdsa', 'PEM'],
      ['ecdsa', 'PKCS8'],
    ] as const) {
      const key = await makeKey(dir, { type, name: `${type}-${format}` });
      await must('ssh-keygen', ['-q', '-p', '-m', format, '-N', '', '-P', '', '-f', key.path]);
      const { methods } = await loadCredentials(aHop({ identities: required(key.path) }));
      expect([type, format, methods.map(({ fingerprint }) => fingerprint)]).toEqual([type, format, [key.fingerprint]]);
    }
  });
});

describe('a key that cannot be used', () => {
  const broken = join(dir, 'broken');
  const open = join(dir, 'open');
  const folder = join(dir, 'folder');
  const pipe = join(dir, 'pipe');
  beforeAll(() => {
    writeFileSync(broken, readFileSync(a.path, 'utf8').slice(0, 120), { mode: 0o600 });
    copyFileSync(a.path, open);
    chmodSync(open, 0o640);
    mkdirSync(folder);
    execFileSync('mkfifo', [pipe]);
  });

  const cases = (): [string, string][] => [
    [join(dir, 'absent'), 'missing'],
    [join(a.path, 'below'), 'missing'],
    [broken, 'not-a-key'],
    [folder, 'not-a-key'],
    [pipe, 'not-a-key'],
    [`${a.path}.pub`, 'not-a-key'],
    [open, 'too-open'],
    [locked.path, 'encrypted'],
  ];

  test('is told with its reason when it was asked for', async () => {
    for (const [path, why] of cases()) {
      const facts = { host: '127.0.0.1', path, why };
      expect(await problemOf(loadCredentials(aHop({ identities: required(path) })))).toEqual({ code: 'key-unusable', facts });
      const { methods, skipped } = await loadCredentials(aHop({ identities: required(path, c.path) }));
      expect([methods.length, skipped]).toEqual([1, [{ code: 'key-unusable', facts }]]);
    }
  });

  test('is passed over when ssh only looks for it by itself, unless nothing else is there', async () => {
    for (const [path, why] of cases()) {
      expect((await loadCredentials(aHop({ identities: byDefault(path, c.path) }))).skipped).toEqual([]);
      const expected = why === 'missing' ? { code: 'no-credentials' } : { code: 'key-unusable', facts: { path, why } };
      expect(await problemOf(loadCredentials(aHop({ identities: byDefault(path) })))).toMatchObject(expected);
    }
  });

  test('may be one that we may not read', async () => {
    if (isRoot) {
      // Root may read everything; a link that leads to itself is not readable for anybody.
      const loop = join(dir, 'loop');
      execFileSync('ln', ['-s', loop, loop]);
      expect(await problemOf(loadCredentials(aHop({ identities: required(loop) })))).toMatchObject({ facts: { why: 'unreadable' } });
      return;
    }
    const secret = join(dir, 'secret');
    copyFileSync(a.path, secret);
    chmodSync(secret, 0);
    expect(await problemOf(loadCredentials(aHop({ identities: required(secret) })))).toMatchObject({ facts: { why: 'unreadable' } });
  });

  test('is known to be encrypted in each format', async () => {
    for (const format of ['PEM', 'PKCS8']) {
      const key = await makeKey(dir, { type: 'rsa', name: `locked-${format}` });
      await must('ssh-keygen', ['-q', '-p', '-m', format, '-N', 'secret', '-P', '', '-f', key.path]);
      expect(readKeyText(readFileSync(key.path, 'utf8')).is).toBe('encrypted');
    }
    const found = readKeyText(readFileSync(locked.path, 'utf8'));
    expect(found.is === 'encrypted' && found.publicKey?.toString('base64')).toBe(locked.publicLine.split(' ')[1]);
    rmSync(join(dir, 'locked-PEM'));
  });

  test('may be cut off anywhere', () => {
    const text = readFileSync(a.path, 'utf8');
    for (let end = 0; end < text.length - 2; end += 7) expect(readKeyText(text.slice(0, end)).is).not.toBe('private');
  });
});

describe('without any key', () => {
  const why = async (over: Parameters<typeof aHop>[0], deadline = 5_000): Promise<string> => {
    const p = await problemOf(loadCredentials(aHop(over), { agent: { listMs: deadline, signMs: deadline } }));
    return p.code === 'no-credentials' ? p.facts.why : `${p.code} ${'why' in p.facts ? p.facts.why : ''}`;
  };

  test('the reason says what was looked for: no agent, and no file', async () => {
    const text = await why({ identities: byDefault(join(dir, 'x'), join(dir, 'y')) });
    expect(text).toContain('no agent is running');
    expect(text).toContain(`${join(dir, 'x')}, ${join(dir, 'y')}`);
  });

  test('an agent that cannot be reached is told', async () => {
    expect(await why({ agent: join(dir, 'no-socket') })).toBe('agent-unusable missing');
    expect(await why({ agent: a.path })).toBe('agent-unusable dead');
  });

  test.each([
    ['says nothing', 'silent', (_: Socket) => {}],
    ['says nonsense', 'garbled', (socket: Socket) => socket.end('\0\0\0\x05\x0c\xff\xff\xff\xffnonsense', 'latin1')],
    ['promises too much', 'garbled', (socket: Socket) => socket.write('\xff\xff\xff\xff\x0c', 'latin1')],
    ['hangs up', 'garbled', (socket: Socket) => socket.destroy()],
  ])('an agent that %s is given up, and its connection with it', async (what, words, serve) => {
    const path = join(dir, `agent-${what.replaceAll(' ', '-')}`);
    const gone: Promise<unknown>[] = [];
    const server = createServer((socket) => {
      gone.push(new Promise((resolve) => socket.on('error', () => {}).once('close', resolve)));
      socket.resume();
      socket.once('end', () => socket.end());
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    expect(await why({ agent: path }, 50)).toBe(`agent-unusable ${words}`);
    await Promise.all(gone);
    server.close();
  });

  test('an agent without keys, or with others than the named, is told', async () => {
    const empty = await startAgent();
    expect(await why({ agent: empty.socket })).toContain('holds no key');
    await empty.stop();
    expect(await why({ agent: agent.socket, identitiesOnly: true, identities: byDefault(join(dir, 'x')) })).toContain('none of the agent');
  });
});
