import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ProblemError } from '../../../src/model/problem.ts';
import type { Hop } from '../../../src/model/profile.ts';
import { OPENSSH } from '../../../src/ssh/config/openssh-algorithms.ts';
import { resolveRoute } from '../../../src/ssh/config/resolve-route.ts';
import { DEFAULT_OPTIONS } from '../../../src/ssh/hop-options.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { openssh10 } from '../../support/openssh10.ts';
import { must } from '../../support/run.ts';
import { tempDir, tempHome } from '../../support/temp-home.ts';

const ten = await openssh10();
const hopTo = (host: string, over: Partial<Hop> = {}): Hop => ({ host, user: null, port: null, identity: [], hostKey: [], ...over });

/** The ssh of this machine, OpenSSH 10 where it can be had, and none: all must say the same. */
const PATHS: readonly (readonly [string, string])[] = [
  ['this machine’s ssh', process.env['PATH'] ?? ''],
  ['OpenSSH 10', ten === null ? (process.env['PATH'] ?? '') : `${join(ten.tools.ssh, '..')}:${process.env['PATH'] ?? ''}`],
  ['no ssh', '/nonexistent'],
];

describe.each(PATHS)('with %s', (_, PATH) => {
  const { env, home, write } = tempHome();
  const given = { env: { ...env, PATH, SSH_AUTH_SOCK: '/run/mine' }, signal: new AbortController().signal };
  const ownFile = write('only', '');

  /** Of a host `h` for which the file has these lines and nothing else. */
  async function hop(lines: string, over: Partial<Hop> = {}): Promise<ResolvedHop> {
    writeFileSync(ownFile, `Host h\n${lines.replaceAll(/^/gm, '  ')}\n`);
    const [resolved] = await resolveRoute([hopTo('h', over)], { configFile: ownFile, options: [] }, given);
    return resolved!;
  }
  const detailOf = async (lines: string, over: Partial<Hop> = {}): Promise<string> => {
    const error = await hop(lines, over).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof ProblemError && error.problem.code === 'ssh-config-invalid') return error.problem.facts.detail;
    throw error instanceof Error ? error : new Error('it was accepted');
  };

  test('nothing said is the default everywhere, and no list of the installed ssh becomes ours', async () => {
    const { login, trust, algorithms, rekey, way } = await hop('');
    expect({ login, trust, algorithms, rekey, way }).toEqual(DEFAULT_OPTIONS);
  });

  test.each<[string, Partial<ResolvedHop['login']>]>([
    ['PreferredAuthentications password,gssapi-with-mic,publickey', { methods: ['password', 'publickey'] }],
    ['PubkeyAuthentication no', { methods: ['keyboard-interactive', 'password'] }],
    ['PubkeyAuthentication unbound', { methods: ['publickey', 'keyboard-interactive', 'password'] }],
    ['PasswordAuthentication no\nChallengeResponseAuthentication no', { methods: ['publickey'] }],
    ['BatchMode yes', { batch: true, methods: ['publickey'] }],
    ['PreferredAuthentications hostbased', { methods: [] }],
    ['NumberOfPasswordPrompts 1', { passwordPrompts: 1 }],
    [
      'CertificateFile ~/.ssh/a-cert.pub\nCertificateFile /b/%r@%h.pub\nUser ann',
      { certificates: [join(home, '.ssh/a-cert.pub'), '/b/ann@h.pub'] },
    ],
    ['PubkeyAcceptedKeyTypes ssh-ed25519', { keyAlgorithms: ['ssh-ed25519'] }],
    ['PubkeyAcceptedAlgorithms +ssh-rsa', { keyAlgorithms: [...OPENSSH.pubkeyacceptedalgorithms, 'ssh-rsa'] }],
    ['PubkeyAcceptedAlgorithms -*', { keyAlgorithms: [] }],
    ['RequiredRSASize 3072', { leastRsaBits: 3072 }],
  ])('login: %s', async (lines, expected) => {
    expect((await hop(lines)).login).toEqual({ ...DEFAULT_OPTIONS.login, ...expected });
  });

  test.each<[string, Partial<ResolvedHop['trust']>]>([
    ...(['yes', 'ask', 'accept-new', 'no'] as const).map((word): [string, object] => [`StrictHostKeyChecking ${word}`, { strict: word }]),
    ['StrictHostKeyChecking off', { strict: 'no' }],
    ['StrictHostKeyChecking true', { strict: 'yes' }],
    ['StrictHostKeyChecking false', { strict: 'no' }],
    ['HashKnownHosts yes', { hash: true }],
    ['UpdateHostKeys ask', { update: 'ask' }],
    ['UpdateHostKeys no', { update: 'no' }],
    ['UserKnownHostsFile /elsewhere', { update: 'no' }],
    ['RevokedHostKeys "/a b/revoked"', { revokedFiles: ['/a b/revoked'] }],
    ['RevokedHostKeys none', { revokedFiles: [] }],
    ['KnownHostsCommand /bin/echo "%H" a=b', { command: '/bin/echo "%H" a=b' }],
    ['KnownHostsCommand none', { command: null }],
    ['CASignatureAlgorithms ssh-ed25519', { caAlgorithms: ['ssh-ed25519'] }],
    ['NoHostAuthenticationForLocalhost yes', { anyOnLoopback: true }],
  ])('trust: %s', async (lines, expected) => {
    expect((await hop(lines)).trust).toEqual({ ...DEFAULT_OPTIONS.trust, ...expected });
  });

  test.each<[string, Partial<ResolvedHop['algorithms']>]>([
    ['KexAlgorithms curve25519-sha256', { kex: ['curve25519-sha256'] }],
    ['KexAlgorithms +diffie-hellman-group1-sha1', { kex: [...OPENSSH.kexalgorithms, 'diffie-hellman-group1-sha1'] }],
    ['HostKeyAlgorithms +ssh-rsa', { hostKey: [...OPENSSH.hostkeyalgorithms, 'ssh-rsa'] }],
    ['Ciphers -chacha20*', { ciphers: OPENSSH.ciphers.slice(1) }],
    [
      'MACs ^hmac-sha2-512,hmac-sha2-256',
      { macs: ['hmac-sha2-512', 'hmac-sha2-256', ...OPENSSH.macs.filter((name) => !/^hmac-sha2-(256|512)$/.test(name))] },
    ],
  ])('algorithms: %s', async (lines, expected) => {
    const { algorithms } = await hop(lines);
    expect({ ...algorithms, ciphers: algorithms.ciphers?.toSorted() ?? null }).toEqual({
      ...DEFAULT_OPTIONS.algorithms,
      ...expected,
      ciphers: expected.ciphers?.toSorted() ?? null,
    });
  });

  test.each<[string, ResolvedHop['rekey']]>([
    ['RekeyLimit default none', { bytes: null, seconds: null }],
    ['RekeyLimit 1G 1h30m', { bytes: 1024 ** 3, seconds: 5400 }],
    ['RekeyLimit 64k', { bytes: 65_536, seconds: null }],
  ])('%s', async (lines, expected) => {
    expect((await hop(lines)).rekey).toEqual(expected);
  });

  test('ProxyCommand has its tokens expanded and its quotes kept, and more time than a connection', async () => {
    const said = `ProxyCommand = sh -c 'exec nc "%h" "%p" a=b "c  d"' %n %r 100%%`;
    const { way, connectTimeoutMs } = await hop(`${said}\nHostName real\nUser ann\nPort 2200\nBindAddress 10.0.0.1\nBindInterface eth9`);
    expect(way).toEqual({
      command: `sh -c 'exec nc "real" "2200" a=b "c  d"' h ann 100%`,
      agent: '/run/mine',
      bindAddress: '10.0.0.1',
      bindInterface: 'eth9',
    });
    expect(connectTimeoutMs).toBe(30_000);
    expect((await hop(`${said}\nConnectTimeout 4`)).connectTimeoutMs).toBe(4_000);
  });

  test.each([
    ['ProxyCommand none\nProxyJump x', null],
    ['ProxyCommand nc a b\nProxyJump x', 'nc a b'],
  ])('of ProxyJump and ProxyCommand the first counts: %j', async (lines, command) => {
    const route = await hop(lines);
    expect([route.name, route.way.command]).toEqual(['h', command]);
  });

  test('a ProxyCommand counts for the first hop of a route only, and its mistakes too', async () => {
    writeFileSync(
      ownFile,
      'Host a\n  ProxyJump b\nHost b\n  ProxyCommand nc %h 1\nHost c\n  ProxyCommand %z\n  ProxyUseFdpass yes\nHost *\n  BindAddress 10.0.0.1\n',
    );
    const route = await resolveRoute([hopTo('a'), hopTo('c')], { configFile: ownFile, options: [] }, given);
    expect(route.map(({ name, way }) => [name, way.command, way.bindAddress])).toEqual([
      ['b', 'nc b 1', '10.0.0.1'],
      ['a', null, null],
      ['c', null, null],
    ]);
  });

  test.each<[string, Partial<Hop>, RegExp]>([
    ['ProxyCommand nc %z', {}, /%z/],
    ['ProxyCommand nc %h 1\nProxyUseFdpass yes', {}, /ProxyUseFdpass/],
    ['ProxyCommand nc %r 1', { user: 'x;touch /tmp/y' }, /%r|username/],
    ['ProxyCommand nc %r 1', { user: '$(touch /tmp/y)' }, /%r|username/],
    ['ProxyCommand nc %r 1', { user: '-oX' }, /%r|user/],
    ['ProxyCommand nc %h 1\nHostName `id`', {}, /%h/],
  ])('is refused and not run: %j with %j', async (lines, over, said) => {
    expect(await detailOf(lines, over)).toMatch(said);
  });

  const MISTAKES = ['NumberOfPasswordPrompts many', 'StrictHostKeyChecking maybe', 'RekeyLimit lots', 'BatchMode perhaps'];
  test.each([...MISTAKES, 'Ciphers -*', 'HostKeyAlgorithms -*', 'KexAlgorithms -*'])('%s is told', async (lines) => {
    expect(await detailOf(lines)).not.toBe('');
  });
});

test.skipIf(ten === null)('the lists that changes are applied to are those of OpenSSH 10', async () => {
  const text = await must(ten!.tools.ssh, ['-G', '-F', 'none', 'x']);
  for (const [key, list] of Object.entries(OPENSSH)) expect(text).toContain(`${key} ${list.join(',')}\n`);
});

describe('what only ssh can decide', () => {
  const given = (env: object) => ({ env: { ...env, PATH: process.env['PATH'] ?? '' }, signal: new AbortController().signal });

  test('Match exec, final and the others, Include and tokens are as ssh -G says', async () => {
    const dir = tempDir();
    const file = join(dir, 'c');
    writeFileSync(join(dir, 'more'), 'Match localuser *\n  IdentityFile /k/%r@%h\n');
    writeFileSync(
      file,
      `Match exec "test %h = a"\n  User by-exec\nMatch exec "false"\n  Port 1\nMatch originalhost a host a\n  HostName real-%h\nMatch user by-exec\n  Port 2222\nInclude ${dir}/more\nMatch final host real-a\n  HostKeyAlias final\n`,
    );
    const [hop] = await resolveRoute([hopTo('a')], { configFile: file, options: [] }, given(tempHome().env));
    const said = new Map((await must('ssh', ['-G', '-F', file, 'a'])).split('\n').map((line) => line.split(/ (.*)/) as [string, string]));
    expect(hop).toMatchObject({
      user: said.get('user'),
      port: Number(said.get('port')),
      host: said.get('hostname'),
      knownHosts: { alias: said.get('hostkeyalias') },
      identities: [{ path: '/k/by-exec@real-a', required: true }],
    });
    expect(hop).toMatchObject({ user: 'by-exec', port: 2222, host: 'real-a', knownHosts: { alias: 'final' } });
  });

  test('CanonicalizeHostname gives the name that is connected to', async () => {
    const file = join(tempDir(), 'c');
    writeFileSync(
      file,
      'CanonicalizeHostname always\nCanonicalDomains localhost example.invalid\nCanonicalizeMaxDots 0\nHost *\n  Port 2\n',
    );
    const [hop] = await resolveRoute([hopTo('localhost')], { configFile: file, options: [] }, given(tempHome().env));
    const said = /^hostname (.*)$/m.exec(await must('ssh', ['-G', '-F', file, 'localhost']))?.[1];
    expect(hop?.host).toBe(said);
  });

  test('is read as OpenSSH 10 does where there is no ssh: ProxyJump none rules out a later ProxyCommand', async () => {
    const { env, write } = tempHome();
    const configFile = write('c', 'ProxyJump none\nProxyCommand nc a b\n');
    const [hop] = await resolveRoute([hopTo('a')], { configFile, options: [] }, { ...given(env), env: { ...env, PATH: '/nonexistent' } });
    expect(hop?.way.command).toBeNull();
  });

  test('is told and not guessed where there is no ssh', async () => {
    const { env, write } = tempHome();
    const none = { ...given(env), env: { ...env, PATH: '/nonexistent' } };
    for (const text of ['CanonicalizeHostname yes\n', 'Match final\n  User x\n', 'Match !user x\n  User y\n']) {
      const configFile = write('c', text);
      await expect(resolveRoute([hopTo('a')], { configFile, options: [] }, none)).rejects.toMatchObject({
        problem: { code: 'ssh-config-invalid', facts: { detail: expect.stringContaining('needs the ssh program') } },
      });
    }
  });
});
