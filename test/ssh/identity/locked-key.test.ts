import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wordsOf } from '../../../src/model/problem.ts';
import { decryptKey } from '../../../src/ssh/identity/keys/locked-key-text.ts';
import { type Key, fingerprintOf } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { required } from './hop.ts';
import { hopAt, logIn, methodsIn, personWho, type Reply } from './log-in.ts';

const PASSPHRASE = 'open sesame';
const dir = tempDir();
const { signal } = new AbortController();

/** As ssh-keygen locks it; `-a 1` spares the tests its rounds. */
async function lockedKey(name: string, ...options: string[]): Promise<Key> {
  const path = join(dir, name);
  await must('ssh-keygen', ['-q', '-a', '1', '-N', PASSPHRASE, '-C', name, '-f', path, ...options]);
  const publicLine = readFileSync(`${path}.pub`, 'utf8').trim();
  return { path, publicLine, fingerprint: fingerprintOf(publicLine) };
}

const FORMATS: Record<string, string[]> = {
  'OpenSSH ed25519': ['-t', 'ed25519'],
  'OpenSSH rsa': ['-t', 'rsa', '-b', '2048'],
  'OpenSSH ecdsa': ['-t', 'ecdsa'],
  'OpenSSH ed25519 with aes256-gcm': ['-t', 'ed25519', '-Z', 'aes256-gcm@openssh.com'],
  'OpenSSH ed25519 with aes128-cbc': ['-t', 'ed25519', '-Z', 'aes128-cbc'],
  'OpenSSH ed25519 with 3des-cbc': ['-t', 'ed25519', '-Z', '3des-cbc'],
  'OpenSSH ed25519 with chacha20': ['-t', 'ed25519', '-Z', 'chacha20-poly1305@openssh.com'],
  'PEM rsa': ['-t', 'rsa', '-b', '2048', '-m', 'PEM'],
  'PEM ecdsa': ['-t', 'ecdsa', '-m', 'PEM'],
  'PKCS#8 rsa': ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8'],
  'PKCS#8 ecdsa': ['-t', 'ecdsa', '-m', 'PKCS8'],
};
const keys = new Map<string, Key>();
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 20'] });
  for (const [format, options] of Object.entries(FORMATS)) {
    const key = await lockedKey(format.replaceAll(/\W/g, '-'), ...options);
    keys.set(format, key);
    sshd.authorize(key.publicLine);
  }
});
afterAll(() => sshd.stop());
const keyOf = (format: string): Key => keys.get(format) as Key;

describe.each(Object.keys(FORMATS))('a locked key (%s)', (format) => {
  test('opens with its passphrase, with no other, and logs in', async () => {
    const key = keyOf(format);
    expect(await decryptKey(key.path, 'wrong', signal)).toBeNull();
    const opened = await decryptKey(key.path, PASSPHRASE, signal);
    expect(opened?.isPrivateKey()).toBe(true);
    expect(opened?.getPublicSSH().toString('base64')).toBe(key.publicLine.split(' ')[1]);
    expect(
      await logIn(
        hopAt(sshd, { identities: required(key.path) }),
        personWho(() => [PASSPHRASE]),
      ),
    ).toBeNull();
  });
});

const inTurn = (...answers: (string | null)[]): Reply => {
  const left = [...answers];
  return () => {
    const answer = left.shift() ?? null;
    return answer === null ? null : [answer];
  };
};

describe('the passphrase of a key', () => {
  test('is asked for again when it was wrong, three times in all', async () => {
    const { path, fingerprint } = keyOf('OpenSSH ed25519');
    const hop = hopAt(sshd, { identities: required(path) });
    const person = personWho(inTurn('wrong', 'wronger', PASSPHRASE));
    expect(await logIn(hop, person)).toBeNull();
    expect(person.asked).toEqual([false, true, true].map((again) => ({ is: 'passphrase', path, fingerprint, again })));
    const stubborn = personWho(() => ['wrong']);
    const refused = await logIn(hop, stubborn);
    expect(refused).toMatchObject({ code: 'login-refused', facts: { tried: expect.stringContaining(path), locked: path } });
    expect(stubborn.asked).toHaveLength(3);
    expect(refused && wordsOf(refused, 'db').next).toContain(`ssh-keygen -y -f ${path}; then answer again: tunnels restart db`);
    const silent = personWho(() => ['']);
    expect(await logIn(hop, silent)).toMatchObject({ code: 'login-refused', facts: { locked: path } });
    expect(silent.asked).toHaveLength(1);
  });

  test('is not asked for where the server would not take the key', async () => {
    const stranger = await lockedKey('stranger', '-t', 'ed25519');
    const person = personWho(() => [PASSPHRASE]);
    const from = sshd.log().length;
    expect(await logIn(hopAt(sshd, { identities: required(stranger.path) }), person)).toMatchObject({ code: 'login-refused' });
    expect(person.asked).toEqual([]);
    expect(methodsIn(sshd.log().slice(from))).toEqual(['publickey']);
  });

  test('is asked for before the key is shown where its public half is nowhere', async () => {
    const key = await lockedKey('no-public-half', '-t', 'rsa', '-b', '2048', '-m', 'PEM');
    rmSync(`${key.path}.pub`);
    sshd.authorize(key.publicLine);
    const person = personWho(() => [PASSPHRASE]);
    expect(await logIn(hopAt(sshd, { identities: required(key.path) }), person)).toBeNull();
    expect(person.asked).toEqual([{ is: 'passphrase', path: key.path, fingerprint: null, again: false }]);
  });

  test('that nobody gives leads on to the next key', async () => {
    const [first, second] = [keyOf('OpenSSH ed25519'), keyOf('OpenSSH rsa')];
    const person = personWho(inTurn('', PASSPHRASE));
    expect(await logIn(hopAt(sshd, { identities: required(first.path, second.path) }), person)).toBeNull();
    expect(person.asked.map((question) => question.is === 'passphrase' && question.path)).toEqual([first.path, second.path]);
  });

  test('is never asked for where nobody is there, and the problem says what to do', async () => {
    const { path } = keyOf('OpenSSH ed25519');
    expect(await logIn(hopAt(sshd, { identities: required(path) }))).toMatchObject({
      code: 'key-unusable',
      facts: { path, why: 'encrypted' },
    });
  });

  test('is worked on beside the main thread, so that nothing else has to wait', async () => {
    const { path } = await lockedKey('slow', '-t', 'ed25519', '-a', '24');
    let turns = 0;
    let over = false;
    const opening = decryptKey(path, PASSPHRASE, signal).finally(() => {
      over = true;
    });
    while (!over) {
      turns += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await opening).not.toBeNull();
    // On the main thread it would be a handful: one for each step, and none meanwhile.
    expect(turns).toBeGreaterThan(100);
  });

  test('of an attempt that is over is no longer worked on', async () => {
    const { path } = await lockedKey('given-up', '-t', 'ed25519', '-a', '24');
    const abort = new AbortController();
    const opening = decryptKey(path, PASSPHRASE, abort.signal);
    setImmediate(() => abort.abort(new Error('over')));
    await expect(opening).rejects.toThrow('over');
  });
});
