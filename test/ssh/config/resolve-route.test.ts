import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Problem, ProblemError } from '../../../src/model/problem.ts';
import type { Hop, SshSettings } from '../../../src/model/profile.ts';
import { resolveRoute } from '../../../src/ssh/config/resolve-route.ts';
import { DEFAULT_OPTIONS } from '../../../src/ssh/hop-options.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';
import { tempDir, tempHome } from '../../support/temp-home.ts';

const hopTo = (host: string, over: Partial<Hop> = {}): Hop => ({ host, user: null, port: null, identity: [], hostKey: [], ...over });
const noSettings: SshSettings = { configFile: null, options: [] };

/** Debian's /etc/ssh/ssh_config turns HashKnownHosts on; all else is ssh's own default. */
const SYSTEM_OPTIONS = { ...DEFAULT_OPTIONS, trust: { ...DEFAULT_OPTIONS.trust, hash: expect.any(Boolean) } };

/** With the ssh of this machine, and without any: both must say the same. */
const PATHS = [
  ['asking ssh -G', process.env['PATH'] ?? ''],
  ['without ssh', '/nonexistent'],
] as const;

describe.each(PATHS)('a route, %s', (_, PATH) => {
  type Asked = { hops: Hop[]; config?: string; settings?: Partial<SshSettings>; files?: Record<string, string> };

  async function route({ hops, config, settings = {}, files = {} }: Asked): Promise<{ home: string; hops: readonly ResolvedHop[] }> {
    const { home, env, write } = tempHome();
    if (config !== undefined) write('.ssh/config', config);
    for (const [path, text] of Object.entries(files)) write(path, text);
    const given = { env: { ...env, PATH }, signal: new AbortController().signal };
    return { home, hops: await resolveRoute(hops, { ...noSettings, ...settings }, given) };
  }

  const problemOf = async (asked: Asked): Promise<Problem> => {
    const error = await route(asked).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ProblemError);
    return (error as ProblemError).problem;
  };
  const brief = (hops: readonly ResolvedHop[]): string[] => hops.map(({ user, host, port }) => `${user}@${host}:${port}`);

  test('$HOME has the configuration and the keys, whatever the account says', async () => {
    const config =
      'Host db\n  HostName db.internal\n  User deploy\n  Port 2200\n  HostKeyAlias dbkey\n  ConnectTimeout 3\n  AddressFamily inet6\n  IdentitiesOnly yes\n  IdentityFile ~/.ssh/db\n';
    const { home, hops } = await route({ hops: [hopTo('db')], config });
    expect(hops).toEqual([
      {
        name: 'db',
        host: 'db.internal',
        port: 2200,
        user: 'deploy',
        identities: [{ path: join(home, '.ssh/db'), required: true }],
        identitiesOnly: true,
        agent: null,
        knownHosts: {
          alias: 'dbkey',
          userFiles: [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')],
          systemFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
          pins: [],
        },
        connectTimeoutMs: 3000,
        addressFamily: 'inet6',
        ...SYSTEM_OPTIONS,
      },
    ]);
  });

  test('the profile wins over ssh_config, and Match sees the profile’s user', async () => {
    const config =
      'Match user ann originalhost db\n  HostName for-ann\nHost db\n  User bob\n  Port 2200\n  HostName for-others\n  IdentityFile ~/.ssh/theirs\n';
    const mine = hopTo('db', { user: 'ann', port: 22, identity: ['~/mine'], hostKey: ['SHA256:x'] });
    const { home, hops } = await route({ hops: [mine], config });
    expect(brief(hops)).toEqual(['ann@for-ann:22']);
    expect(hops[0]).toMatchObject({ identities: [{ path: join(home, 'mine'), required: true }], knownHosts: { pins: ['SHA256:x'] } });
  });

  test('patterns, negation, Include and "the first value wins" are as in ssh_config(5)', async () => {
    const files = {
      '.ssh/conf.d/1.conf': 'Host *.in\n  Port 1\n',
      '.ssh/conf.d/2.conf': 'Host a.in\n  Port 2\n  User u2\n',
      '.ssh/conf.d/skip': 'User no\n',
    };
    const config = `Include ${'INCLUDED'}\nHost *.in !b.in\n  User all\nHost *\n  Port 99\n`;
    const { home, write, env } = tempHome();
    for (const [path, text] of Object.entries(files)) write(path, text);
    write('.ssh/config', config.replace('INCLUDED', join(home, '.ssh/conf.d/*.conf')));
    const given = { env: { ...env, PATH }, signal: new AbortController().signal };
    const hops = await resolveRoute(
      ['a.in', 'b.in', 'c.in', 'x'].map((host) => hopTo(host, host === 'b.in' ? { user: 'me' } : {})),
      noSettings,
      given,
    );
    expect(hops.map(({ port }) => port)).toEqual([1, 1, 1, 99]);
    expect(hops.slice(0, 3).map(({ user }) => user)).toEqual(['u2', 'me', 'all']);
  });

  test('ProxyJump of the first hop becomes hops before it, each resolved, and those of the first jump before them', async () => {
    const config =
      'Host far\n  ProxyJump u@b:2222,c\nHost b\n  ProxyJump a\n  HostName b.real\nHost c\n  ProxyJump never\n  User cc\nHost a b far\n  User x\n';
    const { hops } = await route({ hops: [hopTo('far'), hopTo('c')], config });
    expect(brief(hops)).toEqual(['x@a:22', 'u@b.real:2222', 'cc@c:22', 'x@far:22', 'cc@c:22']);
  });

  test('a later hop’s ProxyJump is not looked at, and `none` is none', async () => {
    const config = 'Host a\n  ProxyJump none\n  User x\nHost b\n  ProxyJump z\n  User y\nHost *\n  ProxyJump z\n';
    expect(brief((await route({ hops: [hopTo('a'), hopTo('b')], config })).hops)).toEqual(['x@a:22', 'y@b:22']);
  });

  test('forwards in ssh_config are not pulled in and do not hurt', async () => {
    const config = 'Host a\n  User x\n  LocalForward 8080 h:80\n  RemoteForward 9090 h:90\n  DynamicForward 1080\n';
    expect(brief((await route({ hops: [hopTo('a')], config })).hops)).toEqual(['x@a:22']);
  });

  test('jumps in a circle are an error', async () => {
    const config = 'Host a\n  ProxyJump b\nHost b\n  ProxyJump c\nHost c\n  ProxyJump b\n';
    expect(await problemOf({ hops: [hopTo('a')], config })).toMatchObject({ code: 'ssh-config-invalid', facts: { host: 'a' } });
    expect(await problemOf({ hops: [hopTo('b')], config: 'Host *\n  ProxyJump b\n' })).toMatchObject({
      code: 'ssh-config-invalid',
      facts: { host: 'b' },
    });
  });

  test('a jump by way of the address that it leads to is none, as ssh tells them apart by name, port and user', async () => {
    const host = 'Host far\n  HostName box\n  User bob\nHost gate\n  HostName box\n  User ann\n';
    const through = async (jump: string, more = '') =>
      brief((await route({ hops: [hopTo('far')], config: more + host + `Host far\n  ProxyJump ${jump}\n` })).hops);
    expect(await through('gate')).toEqual(['ann@box:22', 'bob@box:22']);
    expect(await through('ann@box')).toEqual(['ann@box:22', 'bob@box:22']);
    expect(await through('box:2222', 'Host box\n  User bob\n')).toEqual(['bob@box:2222', 'bob@box:22']);
    expect(await through('gate,gate')).toEqual(['ann@box:22', 'ann@box:22', 'bob@box:22']);
    expect(await through('gate', 'Host gate\n  ProxyJump again\nHost again\n  HostName box\n  User ann\n')).toEqual([
      'ann@box:22',
      'ann@box:22',
      'bob@box:22',
    ]);
  });

  test.for([
    ['to itself by its address', 'Host far\n  HostName box\n  User bob\n  ProxyJump box\n'],
    ['to itself by its address, port and user', 'Host far\n  HostName box\n  Port 2222\n  User bob\n  ProxyJump bob@box:2222\n'],
    ['by a list with the same host twice in a row', 'Host far\n  ProxyJump b,b\n'],
    ['to an alias that leads to itself', 'Host far\n  ProxyJump b\nHost b\n  HostName box\n  ProxyJump b\n'],
  ] as const)('a jump %s never ends', async ([, config]) => {
    expect(await problemOf({ hops: [hopTo('far')], config })).toMatchObject({
      code: 'ssh-config-invalid',
      facts: { host: expect.any(String) },
    });
  });

  test('a chain of jumps without an end in sight is an error', async () => {
    const config = Array.from({ length: 12 }, (_, i) => `Host h${i}\n  ProxyJump h${i + 1}\n`).join('');
    expect(await problemOf({ hops: [hopTo('h0')], config })).toMatchObject({ code: 'ssh-config-invalid', facts: { host: 'h0' } });
  });

  test('-F takes the place of every other file, and must exist; `none` is no file', async () => {
    const config = 'Host a\n  User wrong\n';
    const files = { 'other/config': 'Host a\n  User right\n' };
    const at = tempDir();
    writeFileSync(join(at, 'c'), files['other/config']);
    const named = await route({ hops: [hopTo('a'), hopTo('a')], config, settings: { configFile: join(at, 'c') } });
    expect(named.hops.map(({ user }) => user)).toEqual(['right', 'right']);
    expect(named.hops.map(({ configFile }) => configFile)).toEqual([join(at, 'c'), join(at, 'c')]);
    const tilde = await route({ hops: [hopTo('a')], config, files, settings: { configFile: '~/other/config' } });
    expect(tilde.hops[0]).toMatchObject({ user: 'right', configFile: join(tilde.home, 'other/config') });
    const none = await route({ hops: [hopTo('a')], config, settings: { configFile: 'none' } });
    expect(none.hops[0]?.user).not.toBe('wrong');
    expect(await problemOf({ hops: [hopTo('a')], settings: { configFile: join(at, 'missing') } })).toMatchObject({
      code: 'ssh-config-invalid',
    });
  });

  test('-o speaks of the last hop only and wins over the files', async () => {
    const options = ['User=o', 'Port 33', 'UserKnownHostsFile=/a/known'];
    const { hops } = await route({ hops: [hopTo('a'), hopTo('b')], config: 'Host *\n  User c\n  Port 44\n', settings: { options } });
    expect(brief(hops)).toEqual(['c@a:44', 'o@b:33']);
    expect(hops[1]?.knownHosts.userFiles).toEqual(['/a/known']);
    expect(hops[0]?.knownHosts.userFiles).not.toContain('/a/known');
  });

  test.each(['-oProxyCommand=touch', '--', '-l', 'a b', '', 'a\nb'])('the host %j is never taken for an option', async (host) => {
    expect(await problemOf({ hops: [hopTo(host)] })).toMatchObject({ code: 'ssh-config-invalid', facts: { host } });
  });

  test('nothing is run by a shell', async () => {
    const marker = join(tempDir(), 'marker');
    await route({ hops: [hopTo('$(touch${IFS}' + marker.replaceAll('/', '_') + ')')] }).catch(() => undefined);
    await route({ hops: [hopTo('a', { user: `x;touch ${marker}` })] }).catch(() => undefined);
    expect(readdirSync(join(marker, '..'))).toEqual([]);
  });

  test('no file is left behind', async () => {
    const before = new Set(readdirSync(tmpdir()));
    await route({ hops: [hopTo('a')] });
    await problemOf({ hops: [hopTo('a')], config: 'Host a\n  ProxyCommand %z\n' });
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('tunnels-ssh-') && !before.has(name))).toEqual([]);
  });

  test('HOME unset and an empty list of hops are no trouble', async () => {
    const given = { env: { PATH }, signal: new AbortController().signal };
    const [hop] = await resolveRoute([hopTo('a')], noSettings, given);
    expect(hop).toMatchObject({ host: 'a', agent: null });
    expect(await resolveRoute([], noSettings, given)).toEqual([]);
  });
});

describe('ssh itself', () => {
  const env = (over: Record<string, string>) => ({
    env: { ...tempHome().env, PATH: process.env['PATH'] ?? '', ...over },
    signal: new AbortController().signal,
  });

  test('what it complains about is told', async () => {
    const { env: home, write } = tempHome();
    write('.ssh/config', 'Nonsense yes\n');
    const resolving = resolveRoute([hopTo('a')], noSettings, env(home));
    await expect(resolving).rejects.toMatchObject({
      problem: { code: 'ssh-config-invalid', facts: { detail: expect.stringContaining('nonsense') } },
    });
  });

  test('one that cannot be run is told, too', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'bin', 'ssh'), 'not a program', { mode: 0o644 });
    const resolving = resolveRoute([hopTo('a')], noSettings, env({ PATH: join(dir, 'bin') }));
    await expect(resolving).rejects.toMatchObject({ problem: { code: 'ssh-config-invalid' } });
  });

  test('is done without where there is no room for a temporary file', async () => {
    const { env: home, write } = tempHome();
    write('.ssh/config', 'Host a\n  User x\n');
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = '/nonexistent';
    const [hop] = await resolveRoute([hopTo('a')], noSettings, env(home)).finally(() => {
      if (before === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = before;
    });
    expect(hop).toMatchObject({ user: 'x', port: 22 });
  });

  test('it is ended when nobody wants its answer any more', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'bin'));
    writeFileSync(join(dir, 'bin', 'ssh'), `#!/bin/sh\n: > ${dir}/started\nexec sleep 600\n`, { mode: 0o755 });
    const abort = new AbortController();
    const given = { ...env({ PATH: `${join(dir, 'bin')}:${process.env['PATH']}` }), signal: abort.signal };
    const resolving = resolveRoute([hopTo('a')], noSettings, given);
    abort.abort(new Error('enough'));
    await expect(resolving).rejects.toThrow('enough');
    await expect(resolveRoute([hopTo('a')], noSettings, given)).rejects.toThrow('enough');
  });
});

test('without ssh, a Match that only ssh can decide is told and not guessed', async () => {
  const { env, write } = tempHome();
  const given = { env: { ...env, PATH: '/nonexistent' }, signal: new AbortController().signal };
  write('.ssh/config', 'Match exec "true"\n  User x\n');
  await expect(resolveRoute([hopTo('a')], noSettings, given)).rejects.toMatchObject({
    problem: { facts: { detail: expect.stringContaining('Match exec') } },
  });
  write('.ssh/config', 'Match all\n  User x\n');
  expect((await resolveRoute([hopTo('a')], noSettings, given))[0]?.user).toBe('x');
  write('.ssh/config', 'Include config\n');
  await expect(resolveRoute([hopTo('a')], noSettings, given)).rejects.toMatchObject({ problem: { code: 'ssh-config-invalid' } });
});
