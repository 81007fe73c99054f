import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Keyboard } from '../../../src/cli/keyboard.ts';
import { MODELINE, OVERLAY_MODELINE } from '../../../src/profiles/modeline.ts';
import { makeWorld, run, type World } from '../fake-given.ts';

const profiles = ({ home }: World): string[] => (existsSync(join(home, 'profiles')) ? readdirSync(join(home, 'profiles')).toSorted() : []);
const profile = ({ home }: World, name: string): string => readFileSync(join(home, 'profiles', `${name}.yaml`), 'utf8');

describe('tunnels profiles import', () => {
  test.each<[string, string[]]>([
    ['words after --', ['--', 'ssh', '-N', '-L', '8080:db:80', 'ann@web']],
    ['words of ssh, without it', ['ssh', '-N', '-L', '8080:db:80', 'ann@web']],
    ['one quoted text', ['ssh -N -L 8080:db:80 ann@web']],
    ['autossh', ['--', 'autossh', '-M', '0', '-L', '8080:db:80', 'ann@web']],
  ])('writes a profile of %s', async (_title, words) => {
    const world = makeWorld();
    const ran = await run(world, 'profiles', 'import', ...words);
    expect(ran).toMatchObject({ code: 0, out: `${join(world.home, 'profiles', 'web.yaml')}\n` });
    expect(profile(world, 'web')).toBe(`${MODELINE}\nhops:\n  - ann@web\nforwards:\n  - local: 8080\n    to: db:80\n`);
    expect((await run(world, 'profiles', 'validate', 'web')).code).toBe(0);
    expect((await run(world, 'profiles', 'show', 'web')).out).toContain('ann@web');
  });

  test('says what stays behind, on stderr, as comments, and in the document', async () => {
    const world = makeWorld();
    const ran = await run(
      world,
      'profiles',
      'import',
      '--json',
      '--name',
      'x',
      '--',
      'ssh',
      '-A',
      '-L',
      '1:h:1',
      'web',
      'echo',
      '\u001b[2J\nhops: []',
    );
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({
      written: true,
      profiles: [{ name: 'x', notes: [{ code: 'no-part' }, { code: 'command-not-run' }] }],
    });
    expect(profile(world, 'x')).toMatch(/^# - The command "echo .*hops: \[\]" was left out/m);
    expect(profile(world, 'x')).not.toMatch(/^hops: \[\]/m);
    expect(ran.err).not.toContain('\u001b[2J');
    expect((await run(world, 'profiles', 'validate', 'x')).code).toBe(0);
  });

  test('keeps a ${ of the source from being a variable', async () => {
    const world = makeWorld();
    expect((await run(world, 'profiles', 'import', '--', 'ssh', '-L', '1:h:1', '-o', 'ProxyCommand=nc ${X} %h', 'web')).code).toBe(0);
    const shown = await run(world, 'profiles', 'show', 'web', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ profile: { document: { sshOptions: ['ProxyCommand=nc ${X} %h'] } } });
  });

  test('overwrites nothing without --force', async () => {
    const world = makeWorld();
    const again = ['profiles', 'import', '--', 'ssh', '-L', '2:h:2', 'web'];
    await run(world, 'profiles', 'import', '--', 'ssh', '-L', '1:h:1', 'web');
    expect(await run(world, ...again)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('web.yaml') });
    expect(profile(world, 'web')).toContain('local: 1\n');
    expect((await run(world, 'profiles', 'import', '--force', ...again.slice(2))).code).toBe(0);
    expect(profile(world, 'web')).toContain('local: 2\n');
  });

  test('prints with --print and writes nothing', async () => {
    const world = makeWorld();
    const ran = await run(world, 'profiles', 'import', '--print', '--', 'ssh', '-L', '1:h:1', 'web');
    expect(ran.out).toBe(`${MODELINE}\nhops:\n  - web\nforwards:\n  - local: 1\n    to: h:1\n`);
    expect(profiles(world)).toEqual([]);
  });

  test('puts the schema beside them that their first line names, once, and leaves one that is there', async () => {
    const world = makeWorld();
    const [schema, ssh] = [join(world.home, 'profiles', 'profile.schema.json'), ['ssh', '-N', '-L', '1:b:1', 'host']];
    expect((await run(world, 'profiles', 'import', '--print', '--', ...ssh)).code).toBe(0);
    expect(existsSync(schema)).toBe(false);
    expect((await run(world, 'profiles', 'import', '--name', 'a', '--', ...ssh)).err).toContain(`By ${schema} editors complete`);
    expect(readFileSync(schema, 'utf8')).toBe((await run(world, 'profiles', 'schema')).out);
    writeFileSync(schema, '{}');
    expect((await run(world, 'profiles', 'import', '--name', 'b', '--', ...ssh)).err).not.toContain('schema');
    expect(readFileSync(schema, 'utf8')).toBe('{}');
    expect((await run(world, 'profiles', 'validate', '--all')).out).toMatch(/^a is valid\nb is valid\n/);
  });

  test('tells of what deserves a second look, as of profiles of others', async () => {
    const { err } = await run(makeWorld(), 'profiles', 'import', '--', 'ssh', '-N', '-R', '*:8080:localhost:80', 'host');
    expect(err).toMatch(/^! .*localhost:80, as this machine reaches it, reachable at .*:8080 on host\n +other machines can connect to it/m);
  });

  test('writes all the tunnels of all the files to the folder asked for, or none of them', async () => {
    const world = makeWorld();
    const tunnel = (name: string, local: number): string =>
      `[[tunnels]]\nname = "${name}"\nlocal = ${local}\nremote = "h:1"\nhost = "web"\n`;
    writeFileSync(join(world.home, 'boring.toml'), tunnel('a', 1) + tunnel('b@2', 2));
    writeFileSync(join(world.home, 'c.toml'), 'type = "local"\nserver = "web"\ndestination = ["h:1"]\nsource = [":3"]\n');
    writeFileSync(join(world.home, 'bad.toml'), tunnel('d', 99_999));
    const folder = join(world.home, 'team');
    expect(await run(world, 'profiles', 'import', 'boring.toml', 'bad.toml', 'c.toml', '--to', 'team')).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${join(world.home, 'bad.toml')}:2:1 d: `),
    });
    expect(existsSync(folder)).toBe(false);
    const ran = await run(world, 'profiles', 'import', 'boring.toml', 'c.toml', '--to', 'team');
    expect(ran).toMatchObject({ code: 0, err: expect.stringContaining('"b@2"') });
    expect(readdirSync(folder)).toEqual(['a.yaml', 'b-2.yaml', 'c.yaml', 'profile.schema.json']);
    expect((await run(world, 'profiles', 'import', 'boring.toml', '--name', 'x')).code).toBe(2);
    expect((await run(world, 'profiles', 'import', 'c.toml', 'c.toml')).code).toBe(2);
  });

  test('takes a Host of ssh_config', async () => {
    const world = makeWorld();
    mkdirSync(join(world.home, '.ssh'));
    writeFileSync(join(world.home, '.ssh', 'config'), 'Host bastion\n  HostName b.example.com\n  LocalForward 1 h:1\n');
    expect((await run(world, 'profiles', 'import', '--host', 'bastion')).code).toBe(0);
    expect(profile(world, 'bastion')).toContain('hops:\n  - bastion\n');
  });

  test.each<[string, string[]]>([
    ['nothing at all', []],
    ['a name that leads elsewhere', ['--name', '../x', '--', 'ssh', '-L', '1:h:1', 'web']],
    ['a name that profiles build upon', ['--name', '_defaults', '--', 'ssh', '-L', '1:h:1', 'web']],
    ['a host that is an option', ['--', 'ssh', '-L', '1:h:1', '--', '-oProxyCommand=id']],
    ['a host whose name is none', ['--', 'ssh', '-L', '1:h:1', '例え']],
    ['two forwards that clash', ['--', 'ssh', '-L', '1:h:1', '-D', '1', 'web']],
    ['another program', ['--', 'rm', '-rf', '/']],
    ['a file that is not there', ['nowhere.toml']],
    ['-F without a Host', ['-F', 'x', '--', 'ssh', '-L', '1:h:1', 'web']],
  ])('refuses %s with 2 and writes nothing', async (_title, words) => {
    const world = makeWorld();
    expect((await run(world, 'profiles', 'import', ...words)).code).toBe(2);
    expect(profiles(world)).toEqual([]);
  });
});

describe('tunnels profiles export --ssh', () => {
  const BASE = 'hops: [a, { host: b, user: ann, port: 23 }]\nkeepalive: { interval: 20s, countMax: 4 }\nforwards:\n';
  const OPTIONS = 'ssh -N -T -o ExitOnForwardFailure=yes -o ServerAliveInterval=20 -o ServerAliveCountMax=4';

  async function exported(forwards: string, more = '') {
    const world = makeWorld();
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'x.yaml'), `${BASE}${forwards}\n${more}`);
    const ran = await run(world, 'profiles', 'export', 'x', '--ssh', '--json');
    const { lines, notes } = JSON.parse(ran.out) as { lines: { line: string }[]; notes: { code: string }[] };
    return { code: ran.code, lines: lines.map(({ line }) => line), notes: notes.map(({ code }) => code) };
  }

  test.each<[string, string, string[], string[]]>([
    ['the far end', '  - { local: 1, to: h:1 }', [`${OPTIONS} -J a -p 23 -L 127.0.0.1:1:h:1 ann@b`], []],
    ['a hop on the way', '  - { remote: 1, on: a, to: h:1 }', [`${OPTIONS} -R 127.0.0.1:1:h:1 a`], []],
    [
      'both',
      '  - { dynamic: "*:1", from: a }\n  - { remoteDynamic: 2 }',
      [`${OPTIONS} -J a -p 23 -R 127.0.0.1:2 ann@b`, `${OPTIONS} -D '*:1' a`],
      ['export-several'],
    ],
    [
      'one hop that listens and another that goes on',
      '  - { remote: 3000, on: a, from: b, to: h:1 }\n  - { local: 3001, to: h:1 }',
      [`${OPTIONS} -J a -p 23 -L 127.0.0.1:3000:h:1 -L 127.0.0.1:3001:h:1 ann@b`, `${OPTIONS} -R 127.0.0.1:3000:127.0.0.1:3000 a`],
      ['export-several', 'export-bridged'],
    ],
    [
      'nothing that ssh can do',
      '  - { local: 0, to: h:1 }\n  - { dynamic: /run/x.sock }\n  - { local: 5, from: local, to: h:1 }',
      [],
      ['export-any-port', 'export-socks-socket', 'export-here-to-here'],
    ],
  ])('prints the line of %s', async (_title, forwards, lines, notes) => {
    expect(await exported(forwards)).toEqual({ code: lines.length === 0 ? 1 : 0, lines, notes });
  });

  test('says what ssh has no place for, and which keys are pinned', async () => {
    const more = 'idle: 5m\nhold: 0\ndescription: d\n';
    const { notes } = await exported('  - { name: n, local: 1, to: h:1, onConflict: [wait] }', more);
    expect(notes).toEqual(['export-no-place']);
  });

  test('says which forwards ssh opens beside those of the line, and nothing of those for other hosts', async () => {
    const config = join(makeWorld().home, 'config');
    writeFileSync(config, 'Host a\n  LocalForward 9 h:9\nHost b\n  DynamicForward 8\n  User x\nHost *\n  Port 22\n');
    const [local, remote] = ['  - { local: 1, to: h:1 }', '  - { remote: 1, on: a, to: h:1 }'];
    expect((await exported(local, `sshConfig: ${config}\n`)).notes).toEqual(['export-own-forwards']);
    expect((await exported(remote, `sshConfig: ${config}\n`)).notes).toEqual(['export-own-forwards']);
    writeFileSync(config, 'Host a\n  LocalForward 9 h:9\nHost b\n  User x\n');
    expect((await exported(local, `sshConfig: ${config}\n`)).notes).toEqual([]);
  });

  test('is refused for what is not trusted, and without a form', async () => {
    const world = makeWorld();
    mkdirSync(join(world.home, '.git'));
    mkdirSync(join(world.home, '.tunnels'));
    writeFileSync(join(world.home, '.tunnels', 'x.yaml'), `${BASE}  - { local: 1, to: h:1 }\n`);
    expect(await run(world, 'profiles', 'export', 'x', '--ssh')).toMatchObject({ code: 4, out: '' });
    expect((await run(world, 'profiles', 'export', 'x')).code).toBe(2);
    expect((await run(world, 'profiles', 'export', 'gone', '--ssh')).code).toBe(2);
  });
});

/** Who types these lines, in order. */
function typist(...lines: (string | null)[]): Keyboard & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async ask(text) {
      asked.push(text);
      return lines.shift() ?? null;
    },
  };
}

describe('tunnels profiles new', () => {
  test('asks for what it needs, again where an answer cannot be used, and writes the profile', async () => {
    const keyboard = typist(
      '-x',
      'ann@db-gw:2222',
      'bastion, ',
      'bastion',
      '',
      'db.internal',
      'db.internal:5432',
      '',
      'yes',
      'socks',
      '',
      'no',
      'a/b',
      'db-prod',
    );
    const world = makeWorld({ keyboard });
    const ran = await run(world, 'profiles', 'new');
    expect(ran).toMatchObject({ code: 0, out: `${join(world.home, 'profiles', 'db-prod.yaml')}\n` });
    expect(profile(world, 'db-prod')).toBe(
      `${MODELINE}\nhops:\n  - bastion\n  - ann@db-gw:2222\nforwards:\n  - local: 5432\n    to: db.internal:5432\n  - dynamic: 1080\n`,
    );
    expect(keyboard.asked).toHaveLength(14);
    expect(ran.err.match(/Give /g)).toHaveLength(4);
  });

  test('asks only for what no flag has said', async () => {
    const keyboard = typist('h:80', '');
    const world = makeWorld({ keyboard });
    expect((await run(world, 'profiles', 'new', '--host', 'web', '--local', '8080')).code).toBe(0);
    expect(keyboard.asked).toEqual(['Where it leads, host:port as the server reaches it: ', 'What to call it [web]: ']);
    expect(profile(world, 'web')).toContain('to: h:80');
  });

  test('asks nothing where flags say all', async () => {
    const world = makeWorld();
    const ran = await run(
      world,
      'profiles',
      'new',
      'x',
      '--host',
      'ann@web:23',
      '-J',
      'a,b',
      '-i',
      'k',
      '--group',
      'g',
      '-R',
      '8080:localhost:3000',
      '-D',
      '1080',
    );
    expect(ran.code).toBe(0);
    const shown = await run(world, 'profiles', 'show', 'x', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({
      profile: {
        document: {
          groups: ['g'],
          hops: ['a', 'b', { host: 'web', user: 'ann', port: 23, identity: [join(world.home, 'k')] }],
          forwards: [{ remote: 8080, to: 'localhost:3000' }, { dynamic: 1080 }],
        },
      },
    });
  });

  test.each<[string, string[], string]>([
    ['the server', ['--local', '1', '--to', 'h:1'], '--host'],
    ['a forward', ['--host', 'web'], '--local'],
    ['a target', ['--host', 'web', '--remote', '1'], '--to'],
    ['a listening end', ['--host', 'web', '--to', 'h:1'], '--local'],
  ])('without a terminal names the flag for %s, with 2', async (_title, words, flag) => {
    const world = makeWorld();
    expect(await run(world, 'profiles', 'new', 'x', ...words)).toMatchObject({ code: 2, err: expect.stringContaining(flag) });
    expect(profiles(world)).toEqual([]);
  });

  test('given up with Ctrl-D writes nothing', async () => {
    const world = makeWorld({ keyboard: typist('web', null) });
    expect((await run(world, 'profiles', 'new')).code).toBe(4);
    expect(profiles(world)).toEqual([]);
  });

  test.each([
    ['--host', '-oX', '-D', '1'],
    ['--host', 'web', '-D', 'x'],
    ['--host', 'web', '-J', '-x', '-D', '1'],
    ['--host', 'web', '--local', '1', '--dynamic', '2'],
  ])('refuses flags that cannot be used: %s %s %s %s', async (...words) => {
    const world = makeWorld();
    expect((await run(world, 'profiles', 'new', 'x', ...words)).code).toBe(2);
    expect(profiles(world)).toEqual([]);
  });
});

test('tunnels profiles schema --modeline prints the line by which editors find the schema', async () => {
  expect((await run(makeWorld(), 'profiles', 'schema', '--modeline')).out).toBe(`${MODELINE}\n`);
  expect(JSON.parse((await run(makeWorld(), 'profiles', 'schema')).out)).toHaveProperty('properties.hops');
  expect((await run(makeWorld(), 'profiles', 'schema', '--overrides', '--modeline')).out).toBe(`${OVERLAY_MODELINE}\n`);
  expect(JSON.parse((await run(makeWorld(), 'profiles', 'schema', '--overrides')).out)).toHaveProperty('properties.hosts');
});
