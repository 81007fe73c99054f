import { describe, expect, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import type { Finding } from '../../../src/model/finding.ts';
import { checkAccount } from '../../../src/supervisor/doctor/checks/account.ts';
import { checkCipher } from '../../../src/supervisor/doctor/checks/cipher.ts';
import { checkClientAlive } from '../../../src/supervisor/doctor/checks/client-alive.ts';
import { checkCredentials } from '../../../src/supervisor/doctor/checks/credentials.ts';
import { checkDataPath, checkHopDataPath } from '../../../src/supervisor/doctor/checks/data-path.ts';
import { checkDoubledInterval } from '../../../src/supervisor/doctor/checks/doubled-interval.ts';
import { checkHostKey } from '../../../src/supervisor/doctor/checks/host-key.ts';
import { checkReachable } from '../../../src/supervisor/doctor/checks/reachable.ts';
import { checkSshConfig } from '../../../src/supervisor/doctor/checks/ssh-config.ts';
import { aHop } from '../../ssh/identity/hop.ts';
import { failed, hop, machine, server } from './facts.ts';

const severities = (findings: readonly Finding[]): string[] => findings.map(({ severity }) => severity);
const keepalive = { intervalMs: 0, countMax: 3, source: 'sshd', conditional: false } as const;

describe('the doctor, of this machine and the way,', () => {
  test('notes that the compiled part of ssh2 is missing, and what that costs', () => {
    expect(severities(checkDataPath(machine()))).toEqual(['ok']);
    expect(checkDataPath(machine({ nativeCrypto: false }))).toMatchObject([{ check: 'data-path', severity: 'note', exitCode: 0 }]);
    expect(checkDataPath(machine({ nativeCrypto: false }))[0]?.why).toContain('half the upload speed');
  });

  test('notes that somebody has asked for the slower way, and how it is taken back where it was asked for', () => {
    const bySetting = checkDataPath(machine({ carrying: { path: 'ssh2', by: 'setting' }, nativeCrypto: false }));
    expect(severities(bySetting)).toEqual(['note', 'note']);
    expect(bySetting[0]).toMatchObject({
      what: expect.stringContaining('the setting dataPath'),
      fix: expect.stringContaining('config unset dataPath'),
    });
    const [byVariable] = checkDataPath(machine({ carrying: { path: 'ssh2', by: 'variable' } }));
    expect(byVariable).toMatchObject({
      what: expect.stringContaining('TUNNELS_DATA_PATH=ssh2'),
      fix: expect.stringContaining('unset TUNNELS_DATA_PATH'),
    });
    expect(severities(checkDataPath(machine({ carrying: { path: 'auto', by: 'variable' } })))).toEqual(['ok']);
  });

  test('shows the hops that ssh_config leads to and as whom, and exits with 2 where it leads nowhere', () => {
    const route = [aHop({ name: 'bastion', host: '10.0.0.1', port: 2222 }), aHop({ name: 'db', host: 'db' })];
    expect(checkSshConfig({ subject: 's', route })[0]?.what).toBe('The way there: ann@bastion (10.0.0.1:2222) → ann@db:22');
    const invalid = problem('ssh-config-invalid', { host: 'h', detail: 'its Port is x.' });
    expect(checkSshConfig({ subject: 's', route: invalid })).toMatchObject([{ severity: 'error', exitCode: 2 }]);
  });
});

describe('the doctor, of a hop,', () => {
  test('says which keys would be tried, and warns of a named key that cannot be used', () => {
    const unusable = problem('key-unusable', { host: 'h', path: '/gone', why: 'missing' });
    const findings = checkCredentials(hop({ keys: { login: { labels: ['/k'], skipped: [unusable], certificates: [] }, agent: null } }));
    expect(severities(findings)).toEqual(['warning', 'ok']);
    expect(findings[0]?.fix).toContain('/gone');
  });

  test('calls it an error of exit code 4 that there is nothing to log in with, unless the server asks a person', () => {
    const login = problem('no-credentials', { host: 'h', user: 'ann', why: 'no agent is running' });
    const keys = { login, agent: null };
    const failing = hop({ keys, reached: { is: 'failed', problem: login } });
    expect(checkCredentials(failing)).toMatchObject([{ severity: 'error', exitCode: 4 }]);
    expect(checkCredentials(failing)[0]?.fix).toContain('tunnels restart db');
    expect(checkReachable(failing)).toEqual([]);
    const waiting = problem('prompt-waiting', { id: '1', what: 'the password of ann@h' });
    const asking = hop({ keys, reached: { is: 'failed', problem: waiting } });
    expect(checkCredentials(asking)).toMatchObject([{ severity: 'note', exitCode: 0 }]);
    const { hop: keysOnly } = hop({ keys });
    const batch = { ...asking, hop: { ...keysOnly, login: { ...keysOnly.login, batch: true } } };
    expect(checkCredentials(batch)).toMatchObject([{ severity: 'error' }]);
  });

  test('notes a connection that could not use the fast way, and why; of others it says nothing', () => {
    expect(checkHopDataPath(hop({ data: { path: 'ssh2', plainBecause: 'compression' } }))).toMatchObject([
      { check: 'data-path', severity: 'note', what: 'Its bytes take the slower way through ssh2: compression.', exitCode: 0 },
    ]);
    for (const data of [null, { path: 'own', plainBecause: null }, { path: 'ssh2', plainBecause: null }] as const) {
      expect(checkHopDataPath(hop({ data }))).toEqual([]);
    }
  });

  test('tells once that the agent does not answer, where there is no key but its own', () => {
    const login = problem('agent-unusable', { host: 'h', socket: '/a', why: 'silent' });
    const hung = hop({ keys: { login, agent: { socket: '/a', keys: 'silent' } }, reached: { is: 'failed', problem: login } });
    expect([...checkCredentials(hung), ...checkReachable(hung)]).toMatchObject([{ severity: 'error' }]);
  });

  test.each([
    ['silent', 'does not answer', 'warning'],
    ['dead', 'nobody listens', 'warning'],
    [0, 'holds no key', 'note'],
  ] as const)('names an agent that is of no use (%s)', (keys, words, severity) => {
    const findings = checkCredentials(
      hop({ keys: { login: { labels: ['/k'], skipped: [], certificates: [] }, agent: { socket: '/a', keys } } }),
    );
    expect(findings.find((finding) => finding.severity === severity)?.what).toContain(words);
  });

  test('tells a host key that is not known once, and with exit code 4', () => {
    const unknown = hop({ reached: failed('host-key-unknown'), known: { pins: [], at: [], authorities: [], unreadable: [] } });
    expect(checkHostKey(unknown)).toMatchObject([{ severity: 'error', exitCode: 4 }]);
    expect(checkReachable(unknown)).toEqual([]);
  });

  test('tells a new host key that a person is to be asked about once', () => {
    const known = { pins: [], at: [], authorities: [], unreadable: [] };
    for (const code of ['prompt-waiting', 'answer-needed'] as const) {
      const asked = problem(code, { id: '1', what: 'a word on the new host key of bastion' });
      const asking = hop({ known, reached: { is: 'failed', problem: asked } });
      expect([...checkReachable(asking), ...checkHostKey(asking)]).toMatchObject([
        { check: 'reachable', severity: 'warning', exitCode: 0, fix: expect.stringContaining('tunnels up db') },
      ]);
    }
  });

  test.each([
    ['prompt-waiting', 'tunnels answer 7'],
    ['answer-needed', 'tunnels up db'],
  ] as const)('calls it no error that a login asks a person something (%s)', (code, command) => {
    const asked = problem(code, { id: '7', what: 'the passphrase of the key /k' });
    const login = problem('key-unusable', { host: 'h', path: '/k', why: 'encrypted' });
    const at = hop();
    const keysOnly = { ...at.hop, login: { ...at.hop.login, methods: ['publickey'] as const } };
    const asking = hop({ hop: keysOnly, keys: { login, agent: null }, reached: { is: 'failed', problem: asked } });
    expect(checkReachable(asking)).toMatchObject([{ severity: 'warning', exitCode: 0, fix: expect.stringContaining(command) }]);
    expect(checkReachable(asking)[0]?.what).toContain('the passphrase of the key /k');
    expect(checkCredentials(asking)).toMatchObject([{ severity: 'note', exitCode: 0, fix: expect.stringContaining('ssh-add /k') }]);
  });

  test('calls it an error where ssh_config allows nobody to be asked for the passphrase', () => {
    const login = problem('key-unusable', { host: 'h', path: '/k', why: 'encrypted' });
    const at = hop();
    const batch = { ...at.hop, login: { ...at.hop.login, batch: true } };
    const failing = hop({ hop: batch, keys: { login, agent: null }, reached: { is: 'failed', problem: login } });
    expect(checkCredentials(failing)).toMatchObject([{ severity: 'error', exitCode: 4 }]);
  });

  test('sends nobody to a server that keeps this address away', () => {
    const away = problem('turned-away', { host: 'bastion', port: 22, said: 'Not allowed at this time', sign: 'penalty', ms: null });
    const [found] = checkReachable(hop({ reached: { is: 'failed', problem: away } }));
    expect(found?.fix).toMatch(/^Wait/);
    expect(found?.fix).not.toContain('ssh -v');
  });

  test('names the cipher, who has put it first, and how fast it is here', () => {
    const name = 'aes128-gcm@openssh.com';
    const at = hop();
    const whats = (over: Parameters<typeof hop>[0]) => checkCipher(hop(over)).map(({ severity, what }) => `${severity}: ${what}`);
    expect(whats({})).toEqual([
      `ok: It is encrypted by ${name}, the first in the order of this machine that the server takes. How fast each is here was not measured yet.`,
    ]);
    const named = { ...at.hop, algorithms: { ...at.hop.algorithms, ciphers: [name] } };
    expect(whats({ hop: named, cipher: { name, costs: { [name]: 0.5 } } })).toEqual([
      `ok: It is encrypted by ${name}, the first of Ciphers in ssh_config that the server takes. This machine encrypts and decrypts again: ${name} 2000 MB/s.`,
    ]);
    expect(whats({ cipher: null })).toEqual([]);
  });

  test('names where a host key is known, and the files that cannot be read', () => {
    expect(checkHostKey(hop())[0]?.what).toContain('/known_hosts:1');
    const hidden = hop({ known: { pins: ['SHA256:x'], at: [], authorities: [], unreadable: [{ file: '/f', code: 'EACCES' }] } });
    expect(severities(checkHostKey(hidden))).toEqual(['warning', 'ok']);
    const vouched = hop({ known: { pins: [], at: [], authorities: ['/f:2'], unreadable: [] } });
    expect(checkHostKey(vouched)).toMatchObject([{ severity: 'ok', what: 'The host key is vouched for by an authority in /f:2.' }]);
    const nowhere = hop({ reached: failed('connect-refused'), known: { pins: [], at: [], authorities: [], unreadable: [] } });
    expect(severities(checkHostKey(nowhere))).toEqual(['note']);
  });

  test('gives the words and the exit code of what kept it from being reached', () => {
    expect(checkReachable(hop())).toMatchObject([{ severity: 'ok' }]);
    expect(checkReachable(hop({ reached: failed('login-refused') }))).toMatchObject([{ severity: 'error', exitCode: 4 }]);
    const [refused] = checkReachable(hop({ reached: failed('connect-refused') }));
    expect(refused).toMatchObject({ severity: 'error', exitCode: 1 });
    // Nobody is trying here.
    expect(refused?.fix).not.toContain('goes on trying');
  });

  test('calls it no error that a hop behind it was not tried', () => {
    expect(checkReachable(hop({ reached: { is: 'not-tried', behind: 'bastion' } }))).toMatchObject([{ severity: 'note', exitCode: 0 }]);
  });
});

describe('the doctor, of a server that is to hold a port,', () => {
  test('gives the two lines for sshd_config where ClientAliveInterval is 0, and the price of leaving them out', () => {
    const [found] = checkClientAlive(hop({ server: server({ keepalive }) }));
    expect(found).toMatchObject({ severity: 'warning', exitCode: 0 });
    expect(found?.fix).toMatch(/\nClientAliveInterval 15\nClientAliveCountMax 3$/);
    expect(found?.why).toContain('2h 11m');
    expect(found?.why).toContain('15m 45s');
  });

  test('takes a ClientAliveCountMax of 0 for none, and a Match block for a reason to doubt', () => {
    const [none] = checkClientAlive(hop({ server: server({ keepalive: { ...keepalive, intervalMs: 15_000, countMax: 0 } }) }));
    expect(none).toMatchObject({ severity: 'warning' });
    const [doubted] = checkClientAlive(hop({ server: server({ keepalive: { ...keepalive, conditional: true } }) }));
    expect(doubted?.what).toContain('Match block');
  });

  test('says how long a server with an interval holds a port, doubled for 9.2 to 9.4', () => {
    expect(checkClientAlive(hop())[0]).toMatchObject({ severity: 'ok', what: expect.stringContaining('after 1m.') });
    const old = hop({ server: server({ ident: 'OpenSSH_9.2p1 Debian-2+deb12u10' }) });
    expect(checkClientAlive(old)[0]?.what).toContain('after 2m.');
    expect(checkDoubledInterval(old)).toMatchObject([{ severity: 'note', what: expect.stringContaining('OpenSSH_9.2p1 asks') }]);
    expect(checkDoubledInterval(hop())).toEqual([]);
  });

  test('notes a server that hides its settings, and warns of dropbear', () => {
    expect(severities(checkClientAlive(hop({ server: server({ keepalive: null }) })))).toEqual(['note']);
    expect(severities(checkClientAlive(hop({ server: server({ ident: 'dropbear_2022.83', keepalive: null }) })))).toEqual(['warning']);
  });

  test('says what it costs that there is no shell', () => {
    expect(severities(checkAccount(hop()))).toEqual(['ok']);
    const nologin = hop({ server: server({ shell: { is: 'no', why: 'forced' }, keepalive }) });
    expect(checkAccount(nologin)).toMatchObject([{ severity: 'note', what: expect.stringContaining('by SFTP it can be seen') }]);
    expect(checkAccount(nologin)[0]?.why).toContain('up to 15m 45s');
    const nothing = hop({ server: server({ shell: { is: 'no', why: 'refused' }, sftp: { is: 'no', why: 'refused' } }) });
    expect(checkAccount(nothing)[0]?.what).toContain('cannot be seen either');
  });

  test('says nothing of servers on which nothing listens', () => {
    for (const check of [checkClientAlive, checkDoubledInterval, checkAccount]) expect(check(hop({ server: null }))).toEqual([]);
  });
});
