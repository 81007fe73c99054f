import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHostVerifier } from '../../../src/ssh/identity/host-keys/host-verifier.ts';
import { appendKnownHost } from '../../../src/ssh/identity/host-keys/known-hosts-append.ts';
import { NOBODY, type Person } from '../../../src/ssh/identity/logins/person.ts';
import { splitWords } from '../../../src/ssh/identity/host-keys/split-words.ts';
import { wordsOf } from '../../../src/model/problem.ts';
import type { Question } from '../../../src/model/prompt.ts';
import type { OnRemark, Remark } from '../../../src/ssh/remark.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop } from './hop.ts';

const dir = tempDir();
let key: Key, other: Key;
beforeAll(async () => {
  [key, other] = await Promise.all([makeKey(dir), makeKey(dir, { name: 'other' })]);
});

const bare = ({ publicLine }: Key): string => publicLine.split(' ').slice(0, 2).join(' ');
const blob = ({ publicLine }: Key): Buffer => Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
const signal = new AbortController().signal;

let count = 0;
const newFile = (text?: string): string => {
  const file = join(dir, `known-${(count += 1)}`);
  if (text !== undefined) writeFileSync(file, text);
  return file;
};

type Given = {
  readonly trust?: Partial<ResolvedHop['trust']>;
  readonly person?: Person;
  readonly hop?: Partial<ResolvedHop>;
  readonly onRemark?: OnRemark;
};

async function verifierFor(file: string, { trust = {}, person = NOBODY, hop = {}, onRemark = () => {} }: Given = {}) {
  const knownHosts = { alias: null, userFiles: [file], systemFiles: [], pins: [] };
  return createHostVerifier(aHop({ host: 'Srv', knownHosts, trust: { ...aHop().trust, ...trust }, ...hop }), { person, onRemark });
}

/** Says the same to every question, and keeps them. */
function personWho(answer: readonly string[] | null) {
  const asked: Question[] = [];
  const person: Person = { ask: async (question) => (asked.push(question), answer), show: () => () => {} };
  return { person, asked };
}

describe('a new host key', () => {
  test('is asked about with its fingerprint, and written down at a yes', async () => {
    const { person, asked } = personWho(['yes']);
    const file = newFile();
    expect(await (await verifierFor(file, { person })).verify(blob(key), signal)).toBeNull();
    expect(asked).toEqual([{ is: 'host-key', host: 'Srv', port: 22, user: 'ann', type: 'ssh-ed25519', fingerprint: key.fingerprint }]);
    expect(readFileSync(file, 'utf8')).toBe(`srv ${bare(key)}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('is accepted by its fingerprint, and by no other answer', async () => {
    for (const [answer, good] of [
      [[key.fingerprint], true],
      [[' YES '], true],
      [['no'], false],
      [[''], false],
      [['y'], false],
      [[], false],
      [[other.fingerprint], false],
      [null, false],
    ] as const) {
      const file = newFile('');
      const problem = await (await verifierFor(file, personWho(answer))).verify(blob(key), signal);
      expect([answer, problem?.code]).toEqual([answer, good ? undefined : 'host-key-unknown']);
      expect(readFileSync(file, 'utf8') !== '').toBe(good);
    }
  });

  test('is not asked about where it has changed, is refused by policy, cannot be written, or nobody is to be asked', async () => {
    const { person, asked } = personWho(['yes']);
    const batch = { login: { ...aHop().login, batch: true } };
    const nowhere = { knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [] } };
    for (const [text, given, code] of [
      [`srv ${bare(other)}\n`, {}, 'host-key-changed'],
      ['', { trust: { strict: 'yes' } }, 'host-key-unknown'],
      ['', { hop: batch }, 'host-key-unknown'],
      ['', { hop: nowhere }, 'host-key-unknown'],
      ['', { hop: { ...nowhere, trust: { ...aHop().trust, strict: 'accept-new' } } }, 'host-key-unknown'],
      ['', { trust: { strict: 'accept-new' }, hop: { host: 'a*b' } }, 'host-key-unknown'],
    ] as const) {
      const file = newFile(text);
      expect(await (await verifierFor(file, { person, ...given })).verify(blob(key), signal)).toMatchObject({ code });
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
    expect(asked).toEqual([]);
  });

  test('that is no longer the known one is refused though StrictHostKeyChecking says no, and the words say why', async () => {
    const file = newFile(`srv ${bare(other)}\n`);
    const refused = await (await verifierFor(file, { trust: { strict: 'no' } })).verify(blob(key), signal);
    expect(refused).toMatchObject({ code: 'host-key-changed', facts: { lax: true, name: 'srv', file, line: 1 } });
    expect(wordsOf(refused!).text).toContain('ssh would go on, but without any forwarding');
  });

  test('that was trusted is trusted at once at the next key exchange, and no other one is', async () => {
    const { person, asked } = personWho(['yes']);
    const verifier = await verifierFor(newFile(), { person });
    expect(verifier.trusts(blob(key))).toBe(false);
    await verifier.verify(blob(key), signal);
    expect(verifier.trusts(blob(key))).toBe(true);
    expect(verifier.trusts(blob(other))).toBe(false);
    expect(asked).toHaveLength(1);
  });

  test('whose question ends with the connection is neither trusted nor written', async () => {
    const abort = new AbortController();
    const person: Person = {
      ask: async (_, given) => new Promise((_resolve, reject) => given.addEventListener('abort', () => reject(new Error('over')))),
      show: () => () => {},
    };
    const file = newFile('');
    const verifying = (await verifierFor(file, { person })).verify(blob(key), abort.signal);
    setImmediate(() => abort.abort(new Error('gone')));
    await expect(verifying).rejects.toThrow('gone');
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  test('is trusted though the file cannot be written, as ssh does, and that is told', async () => {
    mkdirSync(join(dir, 'folder'));
    for (const [file, code] of [
      [join(dir, 'no', 'such', 'folder', 'known_hosts'), 'ENOENT'],
      [join(dir, 'folder'), 'EISDIR'],
    ] as const) {
      const remarks: Remark[] = [];
      const verifier = await verifierFor(file, { trust: { strict: 'accept-new' }, onRemark: (remark) => remarks.push(remark) });
      expect(await verifier.verify(blob(key), signal)).toBeNull();
      expect(remarks).toMatchObject([
        { is: 'trouble', problem: { code: 'known-hosts-unwritable', facts: { host: 'Srv', port: 22, file, what: 'new', code } } },
      ]);
    }
    expect(await (await verifierFor('/dev/null', { trust: { strict: 'no' } })).verify(blob(key), signal)).toBeNull();
  });

  test('that was written down is told once, with who has trusted it; a known one is not', async () => {
    const file = newFile('');
    const remarks: Remark[] = [];
    const onRemark: OnRemark = (remark) => remarks.push(remark);
    const { person } = personWho(['yes']);
    await (await verifierFor(file, { person, onRemark })).verify(blob(key), signal);
    await (await verifierFor(file, { person, onRemark })).verify(blob(key), signal);
    const added = { is: 'host-key-added', host: 'Srv', port: 22, key: `ssh-ed25519 ${key.fingerprint}` };
    expect(remarks).toEqual([{ ...added, file, by: 'person' }]);
    const other = newFile('');
    await (await verifierFor(other, { trust: { strict: 'accept-new' }, onRemark })).verify(blob(key), signal);
    expect(remarks.slice(1)).toEqual([{ ...added, file: other, by: 'policy' }]);
  });
});

describe('a line of known_hosts', () => {
  test('is found by ssh-keygen, hashed and with its port, and by ourselves', async () => {
    for (const [name, host, port] of [
      ['db.example', 'DB.example', 22],
      ['[db.example]:2222', 'db.example', 2222],
    ] as const) {
      const file = newFile();
      const trust = { strict: 'accept-new' as const, hash: true };
      expect(await (await verifierFor(file, { trust, hop: { host, port } })).verify(blob(key), signal)).toBeNull();
      expect(readFileSync(file, 'utf8')).toMatch(/^\|1\|[A-Za-z0-9+/]{27}=\|[A-Za-z0-9+/]{27}= ssh-ed25519 \S+\n$/);
      expect(await must('ssh-keygen', ['-F', name, '-f', file])).toContain(bare(key).split(' ')[1]);
      expect(await (await verifierFor(file, { trust: { strict: 'yes' }, hop: { host, port } })).verify(blob(key), signal)).toBeNull();
    }
  });

  test('comes after what was there, whether that ended with a newline or not', async () => {
    for (const before of ['# mine', '# mine\n']) {
      const file = newFile(before);
      await appendKnownHost(file, { name: 'srv', key: blob(key), hash: false });
      expect(readFileSync(file, 'utf8')).toBe(`# mine\nsrv ${bare(key)}\n`);
    }
  });

  test('makes the folder that is missing, for its owner alone, and leaves the mode of a file that is there', async () => {
    const file = join(dir, 'home', '.ssh', 'known_hosts');
    mkdirSync(join(dir, 'home'));
    await appendKnownHost(file, { name: 'srv', key: blob(key), hash: false });
    expect(statSync(join(dir, 'home', '.ssh')).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o644);
    await appendKnownHost(file, { name: 'srv2', key: blob(key), hash: false });
    expect(statSync(file).mode & 0o777).toBe(0o644);
  });

  test('is never torn by others who write at the same time', async () => {
    const file = newFile('');
    const names = Array.from({ length: 50 }, (_, at) => `host${at}`);
    await Promise.all(names.map((name) => appendKnownHost(file, { name, key: blob(key), hash: false })));
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.filter((line) => line !== '').toSorted()).toEqual(names.map((name) => `${name} ${bare(key)}`).toSorted());
  });

  test('is written once where several connections ask about the same key', async () => {
    const file = newFile();
    const verifiers = [await verifierFor(file, personWho(['yes'])), await verifierFor(file, personWho(['yes']))];
    for (const verifier of verifiers) expect(await verifier.verify(blob(key), signal)).toBeNull();
    expect(readFileSync(file, 'utf8')).toBe(`srv ${bare(key)}\n`);
  });
});

describe('KnownHostsCommand', () => {
  const script = (text: string): string => {
    const path = join(dir, `command-${(count += 1)}`);
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  };
  const verify = async (command: string, given: Given = {}) => {
    const verifier = await verifierFor(newFile(''), { ...given, trust: { strict: 'yes', command, ...given.trust } });
    return { problem: await verifier.verify(blob(key), signal), algorithms: verifier.algorithms };
  };

  test('is one more source of keys, and is told what it is about', async () => {
    const log = join(dir, 'log');
    const path = script(`printf '%s|' "$@" >> ${log}; echo >> ${log}; echo "srv ${bare(key)}"`);
    expect(await verify(`${path} %I %H %t %f "%h %p" %r %n %% %K`)).toMatchObject({ problem: null });
    expect(readFileSync(log, 'utf8').split('\n')).toEqual([
      'ORDER|srv|NONE|NONE|Srv 22|ann|h|%|NONE|',
      `HOSTNAME|srv|ssh-ed25519|${key.fingerprint}|Srv 22|ann|h|%|${bare(key).split(' ')[1]}|`,
      '',
    ]);
  });

  test('can show that a key has changed or is revoked', async () => {
    const changed = await verify(script(`echo "srv ${bare(other)}"`), { trust: { strict: 'accept-new' } });
    expect(changed.problem).toMatchObject({ code: 'host-key-changed', facts: { file: 'KnownHostsCommand', line: 1 } });
    const revoked = await verify(script(`echo "@revoked srv ${bare(key)}"`), { trust: { strict: 'accept-new' } });
    expect(revoked.problem).toMatchObject({ code: 'host-key-revoked' });
  });

  test('that fails ends the connection, however it fails', async () => {
    for (const [command, why] of [
      [script(`echo "srv ${bare(key)}"; exit 3`), 'it ended with code 3'],
      [script('kill -9 $$'), 'it was ended by SIGKILL'],
      [`${script('true')} %Z`, '%Z stands for nothing here'],
    ] as const)
      await expect(verify(command)).rejects.toMatchObject({ problem: { code: 'known-hosts-command-failed', facts: { why } } });
    const slow = verify(script('exec sleep 60'), { hop: { connectTimeoutMs: 50 } });
    await expect(slow).rejects.toMatchObject({ problem: { facts: { why: 'it did not end within 50 ms' } } });
  });

  test('that cannot be started says nothing, as in ssh', async () => {
    for (const command of ['/no/such/command', 'relative', '"/bin/true'])
      expect((await verify(command)).problem).toMatchObject({ code: 'host-key-unknown' });
  });

  test('is split into words as ssh does, without a shell', () => {
    expect(splitWords(`/a 'b c' "d 'e'" f\\ g \\"h\\" i\\j ';' ''`)).toEqual(['/a', 'b c', `d 'e'`, 'f g', '"h"', 'i\\j', ';', '']);
    expect(splitWords('  ')).toEqual([]);
    expect(splitWords('/a "b')).toBeNull();
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]+$/)), (words) => {
        expect(splitWords(words.join(' \t'))).toEqual(words);
      }),
    );
  });
});

test('what ssh-keygen does not find for a host in a file full of oddities, we do not trust', async () => {
  const names = ['SRV', 's*', '?rv', '!srv', '*,!srv', '[srv]:22', '[srv]:2222', 'srv,other', 'other', '|1|AAAA|BBBB', ''];
  // Half of each as it should be, so that whole lines are good often enough.
  const mostly = <T>(good: T, ...others: readonly T[]) => fc.oneof(fc.constant(good), fc.constantFrom(...others));
  const between = mostly(' ', '\t', '  ', '\v', '\f', '\u00a0', ',');
  const marker = mostly('', '@revoked ', '@cert-authority ', '@other ', '# ');
  const ends = mostly('', ' comment', '\r', '=', '\0', 'AAAA', ' #');
  const line = fc
    .record({ marker, name: mostly('srv', ...names), one: between, two: between, end: ends, cut: mostly(0, 1, 2, 3) })
    .map(({ marker: mark, name, one, two, end, cut }) => {
      const [type, base64 = ''] = bare(key).split(' ');
      return `${mark}${name}${one}${type}${two}${base64.slice(0, base64.length - cut)}${end}`;
    });
  const cases = fc.sample(line, 150).map((text) => ({ text, file: newFile() }));
  for (const { text, file } of cases) writeFileSync(file, `${text}\n`, 'latin1');
  const trusted = await Promise.all(
    cases.map(async ({ file }) => (await (await verifierFor(file, { trust: { strict: 'yes' } })).verify(blob(key), signal)) === null),
  );
  expect(trusted).toContain(true);
  for (const [at, { text, file }] of cases.entries()) {
    if (trusted[at] !== true) continue;
    const { stdout } = await run('ssh-keygen', ['-F', 'srv', '-f', file]);
    expect([text, stdout.includes(blob(key).toString('base64'))]).toEqual([text, true]);
  }
});

test('no line is lost or torn where other processes add theirs at the same time', async () => {
  const file = newFile('');
  const others = ['a', 'b'].map((name) => run('sh', ['-c', `for at in $(seq 100); do echo "${name}$at ${bare(key)}" >> "$0"; done`, file]));
  for (let at = 0; at < 100; at += 1) await appendKnownHost(file, { name: `c${at}`, key: blob(key), hash: false });
  await Promise.all(others);
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  expect(new Set(lines).size).toBe(300);
  expect(lines.every((line) => line.endsWith(` ${bare(key)}`))).toBe(true);
});
