import { describe, expect, test } from 'vitest';
import { type Problem, problem, wordsOf } from '../../src/model/problem.ts';
import { sshWords } from '../../src/model/ssh-words.ts';

const refused = (expired = ''): Problem =>
  problem('login-refused', { host: '10.0.0.1', user: 'ann', ssh: 'ann@bastion', tried: 'key', expired });
const shown = { host: '10.0.0.1', port: 22, type: 'ssh-ed25519', fingerprint: 'SHA256:x', ssh: 'ann@bastion' };
const unknown = (asks: boolean): Problem => problem('host-key-unknown', { ...shown, asks, files: '/known' });

describe('what to do now', () => {
  test('is a command that can be pasted: the tunnel has its name', () => {
    expect(wordsOf(refused(), 'db-prod').next).toContain('tunnels restart db-prod.');
    expect(wordsOf(refused()).next).toContain('tunnels restart NAME.');
  });

  test('asks ssh for the server by the name that its configuration knows, with the port where it is not the usual one', () => {
    expect(wordsOf(refused()).next).toContain('ssh -v ann@bastion;');
    expect(sshWords({ name: 'bastion', port: 22, user: 'ann' })).toBe('ann@bastion');
    expect(sshWords({ name: 'bastion', port: 2222, user: 'ann' })).toBe('-p 2222 ann@bastion');
    const named = { name: 'bastion', port: 22, user: 'ann' };
    expect(sshWords({ ...named, configFile: '/home/ann/my config' })).toBe("-F '/home/ann/my config' ann@bastion");
    expect(sshWords({ ...named, port: 2222, configFile: 'none' })).toBe('-F none -p 2222 ann@bastion');
    expect(sshWords({ name: '$(x)', port: 22, user: "o'n" })).toBe(`'o'\\''n@$(x)'`);
  });

  test('is to renew a certificate where it was an expired one that was refused', () => {
    const { next } = wordsOf(refused('~/.ssh/id-cert.pub'));
    expect(next).toContain('sign it again: ~/.ssh/id-cert.pub; then: tunnels restart');
    expect(next).not.toContain('ssh -v');
  });

  test('is to try the passphrase and to answer again where that was what was missing', () => {
    const locked = problem('login-refused', { host: 'h', user: 'ann', ssh: 'ann@h', tried: '/k', locked: '/my keys/k' });
    expect(wordsOf(locked, 'db').next).toContain("ssh-keygen -y -f '/my keys/k'; then answer again: tunnels restart db.");
    expect(wordsOf(locked).next).not.toContain('ssh -v');
  });

  test('is to answer about a new host key, or to have ssh ask where ssh_config lets nobody be asked', () => {
    expect(wordsOf(unknown(true), 'db').next).toContain('answer yes: tunnels restart db');
    const next = 'connect once with ssh -o StrictHostKeyChecking=ask ann@bastion, and: tunnels restart db';
    expect(wordsOf(unknown(false), 'db').next).toContain(next);
  });
});

describe('what a server or a program said', () => {
  test.each([
    ['Not allowed at this time', 'It said: Not allowed at this time.'],
    ['Go away!', 'It said: Go away!'],
  ])('ends as a sentence: %s', (said, words) => {
    const { text } = wordsOf(problem('proxy-command-failed', { host: 'h', exit: 1, said }));
    expect(text.endsWith(words)).toBe(true);
  });
});
