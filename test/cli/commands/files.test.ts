import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, tunnel, type World } from '../fake-given.ts';

function withFiles(world: World): World {
  const files = {
    'profiles/good.yaml':
      'description: "Pretty\\u001b[31m good"\ngroups: [prod]\nhops: [ann@bastion, db-gw]\nforwards:\n  - { name: pg, local: 1, to: "db:5432" }\n',
    'profiles/bad.yaml': 'hops: []\n',
    '.tunnels/good.yaml': 'hops: [other]\nforwards: [{ dynamic: 1080 }]\n',
  };
  mkdirSync(join(world.home, 'profiles'));
  mkdirSync(join(world.home, '.tunnels'));
  mkdirSync(join(world.home, '.git'));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(world.home, path), text);
  return world;
}

describe('tunnels list', () => {
  test('shows profiles by source with trust and state, also those that are shadowed or broken', async () => {
    const world = withFiles(makeWorld({ supervisor: { tunnels: [tunnel({ name: 'good' })] } }));
    const { code, out, err } = await run(world, 'ls');
    expect(code).toBe(0);
    expect(
      out
        .split('\n')
        .slice(0, 3)
        .map((row) => row.split(/ {2,}/).slice(0, 4)),
    ).toEqual([
      ['NAME', 'STATE', 'SOURCE', 'TRUST'],
      ['good', 'up', 'project', 'not trusted'],
      ['bad', 'invalid', 'user', 'own'],
    ]);
    expect(out).toContain('not used:');
    expect(err).toContain('bad.yaml:1:');
  });

  test('is one document with --json, also without a supervisor', async () => {
    const { json } = await run(withFiles(makeWorld({ supervisor: null })), 'list', '--json');
    expect(json().profiles).toHaveLength(3);
    expect(json().profiles[0]).toMatchObject({ name: 'good', trusted: false, valid: true, shadowedBy: null, state: 'down' });
  });

  test('says what to do where there are none', async () => {
    expect(await run(makeWorld(), 'list')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/No profiles yet.*profiles new.*profiles add/),
    });
  });
});

describe('tunnels profiles', () => {
  test('show tells what a profile does, and nothing in it steers the terminal', async () => {
    const world = withFiles(makeWorld());
    writeFileSync(join(world.home, '.tunnels', 'good.yaml'), readFileSync(join(world.home, 'profiles', 'good.yaml')));
    const { code, out } = await run(world, 'profiles', 'show', 'good');
    expect(code).toBe(0);
    expect(out).toContain('ann@bastion → db-gw');
    expect(out).toContain('here 127.0.0.1:1 → db:5432, reached from db-gw');
    expect(out).not.toContain('\u001b');
  });

  test('validate shows every error and ends with 2, by name and by file', async () => {
    const world = withFiles(makeWorld());
    const { code, out, err } = await run(world, 'profiles', 'validate');
    expect(code).toBe(2);
    expect(out).toContain('good is valid');
    expect(err).toContain('bad.yaml:1:');
    expect((await run(world, 'profiles', 'validate', './profiles/good.yaml')).code).toBe(0);
    expect((await run(world, 'profiles', 'validate', 'bad', '--json')).json()).toMatchObject({ valid: false, profiles: [{ name: 'bad' }] });
    expect((await run(world, 'profiles', 'validate', './gone.yaml')).code).toBe(2);
  });

  test('schema is JSON', async () => {
    expect((await run(makeWorld(), 'profiles', 'schema')).json()).toHaveProperty('properties.forwards');
  });
});

describe('tunnels config', () => {
  test('keeps what is set until it is unset', async () => {
    const world = makeWorld();
    expect((await run(world, 'config', 'set', 'wait', '90')).code).toBe(0);
    expect((await run(world, 'config', 'get', 'wait')).out).toBe('90\n');
    expect((await run(world, 'config', 'list', '--json')).json().settings).toEqual({
      wait: 90,
      color: 'auto',
      logLevel: 'info',
      'sources.interval': '1h',
      'memory.channel': '32 MiB',
      'memory.link': '128 MiB',
      'memory.supervisor': '512 MiB',
      dataPath: 'auto',
      busyPoll: 'auto',
    });
    expect((await run(world, 'config', 'unset', 'wait')).code).toBe(0);
    expect((await run(world, 'config', 'get', 'wait')).out).toBe('60\n');
    expect((await run(world, 'config', 'path')).out).toBe(`${join(world.home, 'settings.json')}\n`);
  });

  test('refuses unknown keys with the nearest, and values that do not fit, and changes nothing', async () => {
    const world = makeWorld();
    expect((await run(world, 'config', 'set', 'wiat', '1')).err).toContain('Did you mean wait?');
    for (const value of ['soon', '-1', '', 'NaN']) expect((await run(world, 'config', 'set', 'wait', '--', value)).code).toBe(2);
    expect((await run(world, 'config', 'set', 'color', 'pink')).code).toBe(2);
    expect(existsSync(join(world.home, 'settings.json'))).toBe(false);
  });

  test('takes sizes for the limits of memory, and says when they count', async () => {
    const world = makeWorld();
    const set = await run(world, 'config', 'set', 'memory.link', '64MiB');
    expect([set.code, set.out]).toEqual([0, '']);
    expect(set.err).toBe('memory.link is 64MiB now. It counts from the next start of the supervisor on: tunnels supervisor restart\n');
    expect((await run(world, 'config', 'get', 'memory.link')).out).toBe('64MiB\n');
    for (const value of ['plenty', '1 MB', '1 KiB', '-1', '65 GiB', '']) {
      const refused = await run(world, 'config', 'set', 'memory.link', '--', value);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain('a size from 1 MiB to 64 GiB, as 128 MiB');
    }
    expect((await run(world, 'config', 'set', 'dataPath', 'fast')).err).toContain('auto or ssh2');
    expect((await run(world, 'config', 'set', 'busyPoll', 'on')).err).toContain('auto or off');
    expect((await run(world, 'config', 'get', 'memory.link')).out).toBe('64MiB\n');
    expect((await run(world, 'config', 'set', 'color', 'never')).err).toBe('color is never now.\n');
  });

  test.each(['{"wait": 9', '[]', '{"wait": "long"}', ''])('keeps a settings file that says %j aside and tells of it once', async (text) => {
    const world = makeWorld();
    writeFileSync(join(world.home, 'settings.json'), text);
    const first = await run(world, 'config', 'set', 'color', 'never');
    expect(first.code).toBe(0);
    expect(first.err).toContain('kept as');
    const aside = readdirSync(world.home).find((name) => name.includes('aside')) ?? '';
    expect(readFileSync(join(world.home, aside), 'utf8')).toBe(text);
    expect((await run(world, 'config', 'list')).err).toBe('');
  });
});
