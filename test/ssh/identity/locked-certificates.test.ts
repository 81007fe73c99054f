import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Question } from '../../../src/model/prompt.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { byDefault, required } from './hop.ts';
import { certify, hopAt, logIn, triedOf } from './real-login.ts';

const dir = tempDir();
let sshd: Sshd;
let ca: Key, locked: Key, open: Key;
beforeAll(async () => {
  [ca, locked, open] = await Promise.all([
    makeKey(dir, { name: 'ca' }),
    makeKey(dir, { name: 'locked', passphrase: 'secret' }),
    makeKey(dir, { name: 'open' }),
  ]);
  await certify(ca.path, locked.path);
  sshd = await startSshd({ config: [`TrustedUserCAKeys ${ca.path}.pub`] });
});
afterAll(() => sshd.stop());

const personWho = (answer: string | null) => {
  const asked: Question[] = [];
  const ask = async (question: Question) => (asked.push(question), answer === null ? null : [answer]);
  return { asked, person: { ask, show: () => () => {} } };
};

describe('a certificate of a key that a passphrase protects', () => {
  test('logs in when the server would take it and the person has unlocked its key, asked once', async () => {
    const { asked, person } = personWho('secret');
    const found = await logIn(sshd, hopAt(sshd, { identities: required(locked.path) }), { person });
    expect(found).toEqual({ refused: null, algorithms: ['ssh-ed25519-cert-v01@openssh.com'] });
    expect(asked).toEqual([{ is: 'passphrase', path: locked.path, fingerprint: locked.fingerprint, again: false }]);
  });

  test('is the last to be tried, and nobody is asked where another key gets in', async () => {
    const other = await makeKey(dir, { name: 'other' });
    sshd.authorize(other.publicLine);
    const { asked, person } = personWho('secret');
    const hop = hopAt(sshd, { identities: [...required(locked.path), ...byDefault(other.path)] });
    expect((await logIn(sshd, hop, { person })).refused).toBeNull();
    expect(asked).toEqual([]);
  });

  test('ends its try where nobody answers, and the story tells it', async () => {
    const { person } = personWho(null);
    const refused = await logIn(sshd, hopAt(sshd, { identities: required(locked.path, open.path) }), { person });
    expect(refused.refused?.code).toMatch(/^login-(refused|unanswered)$/);
    if (refused.refused?.code === 'login-refused') expect(triedOf(refused)).toContain(`${locked.path}-cert.pub`);
  });

  test('is not asked about again for its key, which the server would take too, when nobody has answered for the certificate', async () => {
    const both = await startSshd({ config: [`TrustedUserCAKeys ${ca.path}.pub`] });
    both.authorize(locked.publicLine);
    for (const answer of [null, '']) {
      const { asked, person } = personWho(answer);
      const { refused, algorithms } = await logIn(both, hopAt(both, { identities: required(locked.path) }), { person });
      expect(asked).toHaveLength(1);
      expect(refused).toMatchObject({ code: 'login-refused', facts: { tried: expect.stringMatching(/passphrase.*passphrase/) } });
      expect(algorithms).toEqual(['ssh-ed25519-cert-v01@openssh.com', 'ssh-ed25519']);
    }
    await both.stop();
  });

  test('is told as locked where nobody is there to be asked', async () => {
    const { refused } = await logIn(sshd, hopAt(sshd, { identities: required(locked.path) }));
    expect(refused).toMatchObject({ code: 'key-unusable', facts: { path: locked.path, why: 'encrypted' } });
  });
});
