import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

/** A repository's profile with a base, defaults and a variable, and what a person says beside it. */
function team(files: Readonly<Record<string, string>> = {}): World {
  const world = makeWorld();
  const all = { ...FILES, ...files };
  for (const [name, text] of Object.entries(all)) write(world, name, text);
  mkdirSync(join(world.home, '.git'));
  return world;
}

function write(world: World, name: string, text: string): void {
  mkdirSync(dirname(join(world.home, name)), { recursive: true });
  writeFileSync(join(world.home, name), text);
}

const FILES = {
  '.tunnels/db.yaml': 'extends: _base\nvariables: { login: }\nforwards:\n  - name: postgres\n    local: ${port}\n    to: db:5432\n',
  '.tunnels/_base.yaml': 'variables: { port: 15432 }\nhops:\n  - host: gw.example.com\n    user: ${login}\ngroups: [team]\n',
  '.tunnels/_defaults.yaml': 'hold: 5s\n',
  'overrides.yaml': 'profiles:\n  db:\n    variables: { login: ann }\n    forwards: { postgres: { local: 25432 } }\n    groups: [mine]\n',
};

describe('tunnels profiles show --resolved', () => {
  test('prints the outcome as YAML with the place of every value behind it, and every variable', async () => {
    const { code, out, err } = await run(team(), 'profiles', 'show', 'db', '--resolved');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      'groups:',
      '  - mine # yours, overrides.yaml:5',
      'hops:',
      '  - host: gw.example.com # base _base.yaml:3; port: ssh_config, identity: ssh_config, hostKey: known_hosts',
      '    user: ann # variable login, overrides.yaml:3',
      'forwards:',
      '  - name: postgres # db.yaml:4',
      '    local: 25432 # yours, overrides.yaml:4',
      '    to: db:5432 # db.yaml:6',
      'keepalive: mirror # default',
      'hold: 5s # defaults _defaults.yaml:1',
      'deadman: auto # default',
      'secondLogin: never # default',
      '# files',
      '#   db.yaml (profile)',
      '#   _base.yaml (base)',
      '#   _defaults.yaml (defaults)',
      '# variables',
      '#   port = 15432  _base.yaml:1',
      '#   login = ann  overrides.yaml:3',
      '',
    ]);
  });

  test('with --json gives each value its file, line and column', async () => {
    const world = team();
    const { json } = await run(world, 'profiles', 'show', 'db', '--resolved', '--json');
    expect(json()).toMatchObject({
      profile: {
        resolved: {
          values: expect.arrayContaining([
            {
              path: ['hops', 0, 'user'],
              value: 'ann',
              origin: { file: join(world.home, 'overrides.yaml'), line: 3, column: 25, via: 'variable', variables: ['login'] },
            },
            { path: ['forwards', 0, 'local'], value: 25432, origin: expect.objectContaining({ via: 'overlay', line: 4 }) },
            { path: ['hops', 0, 'port'], value: null, origin: { via: 'ssh_config' } },
            { path: ['keepalive'], value: 'mirror', origin: { via: 'default' } },
          ]),
          files: [{ role: 'profile' }, { role: 'base' }, { role: 'defaults' }],
          variables: [
            { name: 'port', value: 15432 },
            { name: 'login', value: 'ann' },
          ],
        },
      },
    });
  });

  test('lets nothing in a file steer the terminal, nor look like a place', async () => {
    const world = team({ '.tunnels/_defaults.yaml': 'description: "\\u202e\\e[2J x # _base.yaml:1"\n' });
    const { out } = await run(world, 'profiles', 'show', 'db', '--resolved');
    expect(out).not.toMatch(/[^\P{C}\n]/u);
    expect(out.split('\n')[0]).toMatch(/^description: ["'].*["'] # defaults _defaults\.yaml:1$/);
  });
});

describe('what a person changes for themselves', () => {
  test('is what is sent to the supervisor, and neither asks for trust nor gives it', async () => {
    const world = team();
    expect((await run(world, 'up', 'db')).code).toBe(4);
    await run(world, 'profiles', 'trust', 'db', '--yes');
    expect((await run(world, 'up', 'db', '--no-wait')).code).toBe(0);
    write(world, 'overrides.yaml', 'profiles: { db: { variables: { login: bob } } }\n');
    expect((await run(world, 'up', 'db', '--no-wait')).code).toBe(0);
    expect(world.requests.map(({ request }) => request.profile)).toMatchObject([
      { hops: [{ user: 'ann' }], forwards: [{ local: 25432 }], groups: ['mine'], hold: '5s' },
      { hops: [{ user: 'bob' }], forwards: [{ local: 15432 }], groups: ['team'] },
    ]);
    write(world, '.tunnels/_base.yaml', `${FILES['.tunnels/_base.yaml']}idle: 5m\n`);
    expect((await run(world, 'up', 'db')).code).toBe(4);
  });

  test('counts for groups too', async () => {
    const world = team();
    await run(world, 'profiles', 'trust', 'db', '--yes');
    expect((await run(world, 'up', 'mine', '--no-wait')).code).toBe(0);
    expect((await run(world, 'up', 'team', '--no-wait')).code).toBe(2);
    rmSync(join(world.home, '.tunnels/_defaults.yaml'));
    expect((await run(world, 'up', 'mine', '--no-wait')).code).toBe(4);
  });

  test('with an error keeps everything from being brought up, and is told once', async () => {
    const world = team({ 'overrides.yaml': 'profils: {}\n', 'profiles/own.yaml': 'hops: [a]\nforwards: [{ dynamic: 1 }]\n' });
    const { code, err } = await run(world, 'up', 'own', 'db');
    expect(code).toBe(2);
    expect(err.match(/overrides\.yaml:1:1 The key profils is not known here\. Did you mean profiles\?/g)).toHaveLength(1);
    expect(err).not.toContain('login');
    expect(world.calls).toEqual([]);
    expect(await run(world, 'list')).toMatchObject({ code: 0 });
  });

  test('is no matter of validating what others have too, but its own errors are told', async () => {
    const world = team();
    rmSync(join(world.home, 'overrides.yaml'));
    expect(await run(world, 'profiles', 'validate')).toMatchObject({ code: 0, out: 'db is valid\n' });
    expect((await run(world, 'list')).err).toContain('login (');
    write(world, 'overrides.yaml', 'profiles: { db: { user: x y }, web: { user: a } }\n');
    const { code, err } = await run(world, 'profiles', 'validate', 'db');
    expect([code, err.includes('overrides.yaml:1:25')]).toEqual([2, true]);
    write(world, 'overrides.yaml', 'profiles: { web: { user: a } }\n');
    expect((await run(world, 'profiles', 'validate')).err).toContain('overrides.yaml:1:13 There is no profile web');
  });
});
