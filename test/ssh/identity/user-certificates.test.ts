import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCredentials } from '../../../src/ssh/identity/logins/credentials.ts';
import { chooseAlgorithm } from '../../../src/ssh/identity/keys/key-algorithms.ts';
import type { HopOptions } from '../../../src/ssh/hop-options.ts';
import { type Key, makeKey, startAgent } from '../../support/keys.ts';
import { must } from '../../support/run.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { tempDir } from '../../support/temp-home.ts';
import { aHop, byDefault, required } from './hop.ts';
import { certify, hopAt, logIn, sshGetsIn, triedOf } from './real-login.ts';

const dir = tempDir();
let sshd: Sshd;
let ca: Key, plain: Key;
beforeAll(async () => {
  [ca, plain] = await Promise.all([makeKey(dir, { name: 'ca' }), makeKey(dir, { name: 'plain' })]);
  sshd = await startSshd({ config: [`TrustedUserCAKeys ${ca.path}.pub`, 'MaxAuthTries 20'] });
  sshd.authorize(plain.publicLine);
});
afterAll(() => sshd.stop());

const withLogin = (login: Partial<HopOptions['login']>) => ({ login: { ...aHop().login, ...login } });

const KINDS: [name: string, flags: string[], algorithm: string][] = [
  ['ed25519', ['-t', 'ed25519'], 'ssh-ed25519-cert-v01@openssh.com'],
  ['ecdsa256', ['-t', 'ecdsa', '-b', '256'], 'ecdsa-sha2-nistp256-cert-v01@openssh.com'],
  ['ecdsa384', ['-t', 'ecdsa', '-b', '384'], 'ecdsa-sha2-nistp384-cert-v01@openssh.com'],
  ['ecdsa521', ['-t', 'ecdsa', '-b', '521'], 'ecdsa-sha2-nistp521-cert-v01@openssh.com'],
  ['rsa', ['-t', 'rsa', '-b', '2048'], 'rsa-sha2-512-cert-v01@openssh.com'],
];

describe('a user’s certificate', () => {
  test.each(KINDS)('of %s lets in from a file and from an agent, as with ssh', async (name, flags, algorithm) => {
    const path = join(dir, name);
    await must('ssh-keygen', ['-q', ...flags, '-N', '', '-f', path]);
    await certify(ca.path, path);
    expect(await logIn(sshd, hopAt(sshd, { identities: required(path) }))).toEqual({ refused: null, algorithms: [algorithm] });
    expect(await sshGetsIn(sshd, [`IdentityFile=${path}`, 'IdentitiesOnly=yes'])).toBe(true);
    const agent = await startAgent();
    await agent.add(path);
    expect(await logIn(sshd, hopAt(sshd, { agent: agent.socket }))).toEqual({ refused: null, algorithms: [algorithm] });
    const named = hopAt(sshd, { agent: agent.socket, identities: required(`${path}.pub`), identitiesOnly: true });
    expect(await logIn(sshd, named)).toEqual({ refused: null, algorithms: [algorithm] });
    await agent.stop();
  });

  test('of an RSA key signs with SHA-256 where ssh_config or the server wants that', async () => {
    const rsa = await makeKey(dir, { type: 'rsa', name: 'rsa256' });
    await certify(ca.path, rsa.path);
    const agent = await startAgent();
    await agent.add(rsa.path);
    const only = withLogin({ keyAlgorithms: ['rsa-sha2-256-cert-v01@openssh.com', 'rsa-sha2-256'] });
    for (const over of [{ identities: required(rsa.path) }, { agent: agent.socket }]) {
      const found = await logIn(sshd, hopAt(sshd, { ...over, ...only }));
      expect(found).toEqual({ refused: null, algorithms: ['rsa-sha2-256-cert-v01@openssh.com'] });
    }
    await agent.stop();
    const both = ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-256-cert-v01@openssh.com', 'ssh-rsa-cert-v01@openssh.com'];
    expect(chooseAlgorithm(both, ['ssh-ed25519', 'rsa-sha2-256'])).toBe('rsa-sha2-256-cert-v01@openssh.com');
    expect(chooseAlgorithm(both, ['ssh-ed25519'])).toBeNull();
    // A server that says nothing of RFC 8332 knows SHA-1 alone, which ssh_config must have turned on.
    expect(chooseAlgorithm(both, null)).toBe('ssh-rsa-cert-v01@openssh.com');
    expect(chooseAlgorithm(both.slice(0, 2), null)).toBeNull();
  });

  test('is found by CertificateFile wherever its key is, and then no other is looked for', async () => {
    const apart = await makeKey(dir, { name: 'apart' });
    const certificate = join(dir, 'elsewhere.pub');
    copyFileSync(await certify(ca.path, apart.path), certificate);
    rmSync(`${apart.path}-cert.pub`);
    const named = withLogin({ certificates: [certificate] });
    expect((await logIn(sshd, hopAt(sshd, { identities: required(apart.path), ...named }))).refused).toBeNull();
    const agent = await startAgent();
    await agent.add(apart.path);
    expect((await logIn(sshd, hopAt(sshd, { agent: agent.socket, ...named }))).refused).toBeNull();
    expect(await sshGetsIn(sshd, [`CertificateFile=${certificate}`], { agent: agent.socket })).toBe(true);
    await certify(ca.path, apart.path);
    const other = withLogin({ certificates: [join(dir, 'absent-cert.pub')] });
    const { methods, skipped } = await loadCredentials(hopAt(sshd, { identities: required(apart.path), ...other }));
    expect(methods.map(({ label }) => label)).toEqual([apart.path]);
    expect(skipped).toMatchObject([{ code: 'key-unusable', facts: { path: join(dir, 'absent-cert.pub'), why: 'missing' } }]);
    await agent.stop();
  });

  test('comes before its key and before every other key that is not named', async () => {
    const both = await makeKey(dir, { name: 'both' });
    const certificate = await certify(ca.path, both.path);
    const agent = await startAgent();
    await agent.add(plain.path);
    await agent.add(both.path);
    const { methods } = await loadCredentials(hopAt(sshd, { agent: agent.socket, identities: required(both.path) }));
    const label = (key: Key, what = 'key') => `agent ${what} ${key.fingerprint} (${key.publicLine.split(' ').slice(2).join(' ')})`;
    expect(methods.map((method) => method.label)).toEqual([certificate, label(both), label(plain)]);
    await agent.stop();
  });
});

describe('a certificate that the server refuses', () => {
  const refusing = async (name: string, options: Parameters<typeof certify>[2], by = ca) => {
    const key = await makeKey(dir, { name });
    const path = await certify(by.path, key.path, options);
    const alone = await logIn(sshd, hopAt(sshd, { identities: required(key.path) }));
    const ssh = await sshGetsIn(sshd, [`IdentityFile=${key.path}`, 'IdentitiesOnly=yes']);
    sshd.authorize(key.publicLine);
    const withKey = await logIn(sshd, hopAt(sshd, { identities: required(key.path) }));
    return { key, path, tried: triedOf(alone), ssh, withKey };
  };

  test('because it has expired is named with the time, and its key and others are tried before it', async () => {
    const { key, path, tried, ssh, withKey } = await refusing('expired', { valid: '20200101000000Z:20200102000000Z' });
    expect([tried, ssh]).toEqual([`${key.path}, ${path} (expired 2020-01-02T00:00:00Z)`, false]);
    expect(withKey).toEqual({ refused: null, algorithms: ['ssh-ed25519'] });
  });

  test('because it is not valid yet, or for somebody else, or of another authority, is named, and the key tried', async () => {
    const later = await refusing('later', { valid: '20980101000000Z:20990101000000Z' });
    expect([later.tried, later.ssh]).toEqual([`${later.key.path}, ${later.path} (not valid before 2098-01-01T00:00:00Z)`, false]);
    const stranger = await refusing('stranger', { principals: 'somebody,else' });
    expect([stranger.tried, stranger.ssh]).toEqual([`${stranger.path} (for somebody, else), ${stranger.key.path}`, false]);
    const forged = await refusing('forged', {}, plain);
    expect([forged.tried, forged.ssh]).toEqual([`${forged.path}, ${forged.key.path}`, false]);
    for (const { withKey } of [later, stranger, forged]) expect(withKey.refused).toBeNull();
  });

  test('because of where it may be used from is not judged here, nor is the command that it forces', async () => {
    const far = await refusing('far', { more: ['-O', 'source-address=192.0.2.0/24'] });
    expect([far.tried, far.ssh]).toEqual([`${far.path}, ${far.key.path}`, false]);
    const forced = await makeKey(dir, { name: 'forced' });
    await certify(ca.path, forced.path, { more: ['-O', 'force-command=/bin/true', '-O', 'source-address=127.0.0.0/8'] });
    expect((await logIn(sshd, hopAt(sshd, { identities: required(forced.path) }))).refused).toBeNull();
  });

  test('or that nobody could use is told without being shown: a host’s, a broken one, one without its key', async () => {
    const hosts = await makeKey(dir, { name: 'hosts' });
    const path = await certify(ca.path, hosts.path, { host: true });
    const shown = async (over: Parameters<typeof hopAt>[1]) => {
      const { methods, skipped } = await loadCredentials(hopAt(sshd, over));
      return [methods.map(({ label }) => label), skipped.map((p) => p.code === 'key-unusable' && [p.facts.path, p.facts.why])];
    };
    expect(await shown({ identities: required(hosts.path) })).toEqual([[hosts.path], [[path, 'not-a-certificate']]]);
    const named = withLogin({ certificates: [`${plain.path}.pub`, await certify(ca.path, (await makeKey(dir, { name: 'lone' })).path)] });
    expect(await shown({ identities: byDefault(plain.path), ...named })).toEqual([
      [plain.path],
      [
        [join(dir, 'lone-cert.pub'), 'no-key-for-certificate'],
        [`${plain.path}.pub`, 'not-a-certificate'],
      ],
    ]);
  });
});
