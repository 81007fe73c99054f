import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

const PROFILE = [
  'description: For ${login}',
  'variables: { login: , port: , env: prod }',
  'hops: [{ host: "gw.${env}.example.com", user: "${login}", port: "${port}" }]',
  'forwards:',
  '  - { name: pg, local: 15432, to: "db.${env}:5432" }',
  '',
].join('\n');

/** A repository with one profile, db, whose login and port everybody gives for themselves. */
function repository(text = PROFILE): World {
  const world = makeWorld();
  for (const folder of ['.git', '.tunnels']) mkdirSync(join(world.home, folder));
  writeFileSync(join(world.home, '.tunnels', 'db.yaml'), text);
  return world;
}

const give = (world: World, values: string): void =>
  writeFileSync(join(world.home, 'overrides.yaml'), `profiles: { db: { variables: ${values} } }\n`);
const rewrite = (world: World, text: string): void => writeFileSync(join(world.home, '.tunnels', 'db.yaml'), text);
const GIVEN_LATER = 'what stands for ${...} you give yourself';

describe('a profile with variables that everybody gives for themselves', () => {
  test('is listed as what it needs, and is not invalid', async () => {
    const world = repository();
    const { code, out, err } = await run(world, 'list');
    expect([code, out]).toEqual([0, expect.stringMatching(/^db +needs login, port +project +not trusted +For \$\{login\}/m)]);
    expect(err).toMatch(
      /^! db: needs a value of yours for login \(.*db\.yaml:2:14\)\. Give it in .*overrides\.yaml, under profiles: db: variables:$/m,
    );
    expect((await run(world, 'list', '--json')).json().profiles).toMatchObject([
      { name: 'db', valid: true, errors: [], missing: [{ variable: 'login', line: 2, column: 14 }, { variable: 'port' }] },
    ]);
    give(world, '{ login: ann, port: 22 }');
    expect((await run(world, 'list')).out).toMatch(/^db +down +project +not trusted +For ann/m);
  });

  test('needs none of them where everything that they are used for is replaced', async () => {
    const world = repository('variables: { login: }\nhops: ["${login}@gw"]\nforwards: [{ dynamic: 1080 }]\n');
    const overrides = join(world.home, 'overrides.yaml');
    writeFileSync(overrides, 'hosts: { gw: { user: ann } }\n');
    expect((await run(world, 'list')).out).toMatch(/^db +down +project +not trusted/m);
    expect((await run(world, 'profiles', 'trust', 'db', '--yes')).out).toContain('logs you in on gw as ann');
    expect((await run(world, 'up', 'db', '--no-wait')).code).toBe(0);
    expect(world.requests.at(-1)?.request.profile).toMatchObject({ hops: [{ host: 'gw', user: 'ann' }] });
    writeFileSync(overrides, 'hosts: { other: { user: ann } }\n');
    expect((await run(world, 'up', 'db', '--no-wait')).code).toBe(2);
    expect((await run(world, 'list')).out).toMatch(/^db +needs login/m);
  });

  test('is told once of all that need one value', async () => {
    const world = repository('extends: _base\nforwards: [{ dynamic: 1080 }]\n');
    writeFileSync(join(world.home, '.tunnels', 'web.yaml'), 'extends: _base\nforwards: [{ dynamic: 1081 }]\n');
    writeFileSync(join(world.home, '.tunnels', '_base.yaml'), 'variables: { login: }\nhops: ["${login}@gw"]\n');
    expect((await run(world, 'list')).err).toMatch(
      /^! db, web: needs a value of yours for login .*_base\.yaml:1:14.* profiles: NAME: variables:\n$/,
    );
  });

  test('is shown and trusted with what is to be filled in', async () => {
    const world = repository();
    const shown = await run(world, 'profiles', 'show', 'db');
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining('${login}@gw.prod.example.com:${port}')]);
    expect(shown.err).toContain('overrides.yaml');
    expect((await run(world, 'profiles', 'show', 'db', '--resolved')).out).toContain('user: ${login}');
    expect((await run(world, 'profiles', 'show', 'db', '--json')).json()).toMatchObject({
      profile: { document: { hops: [{ user: '${login}', port: '${port}' }] }, missing: [{ variable: 'login' }, { variable: 'port' }] },
    });
    const { code, out } = await run(world, 'profiles', 'trust', 'db', '--yes');
    expect([code, out]).toEqual([
      0,
      expect.stringContaining(`logs you in on gw.prod.example.com as \${login}, port \${port}\n      ${GIVEN_LATER}`),
    ]);
    expect(out).not.toMatch(/zyfill|6000/);
    expect(out.split(GIVEN_LATER)).toHaveLength(3);
  });

  test('comes up once they are given, with no new question, and says before where to give them', async () => {
    const world = repository();
    expect((await run(world, 'up', 'db')).code).toBe(4);
    await run(world, 'profiles', 'trust', 'db', '--yes');
    const { code, err } = await run(world, 'up', 'db');
    expect([code, world.calls]).toEqual([2, []]);
    expect(err).toContain(`Give yours in ${join(world.home, 'overrides.yaml')}, in place of ...:\n    profiles:\n      db:\n`);
    expect(err).toMatch(/^ +variables:\n +login: \.\.\.\n +port: \.\.\.$/m);
    give(world, '{ login: ann }');
    expect((await run(world, 'up', 'db')).err).toMatch(/is missing, port\.$/m);
    give(world, '{ login: ann, port: 2222 }');
    expect((await run(world, 'up', 'db', '--no-wait')).code).toBe(0);
    expect(world.requests.map(({ request }) => request.profile['hops'])).toEqual([
      [{ host: 'gw.prod.example.com', user: 'ann', port: 2222 }],
    ]);
  });

  test('does not take what its reader has given since for a change of those who wrote it', async () => {
    const world = repository();
    await run(world, 'profiles', 'trust', 'db', '--yes');
    give(world, '{ login: ann, port: 2222 }');
    rewrite(world, `${PROFILE}  - { name: more, dynamic: 1080 }\n`);
    const { out } = await run(world, 'profiles', 'trust', 'db', '--yes');
    expect(out).toContain('+ more: listens on this machine');
    expect(out).not.toContain('logs you in');
  });

  test('needs trust again when the source gives the value, and that is shown as the change', async () => {
    const world = repository();
    await run(world, 'profiles', 'trust', 'db', '--yes');
    rewrite(world, PROFILE.replace('login: ,', 'login: root,'));
    give(world, '{ port: 22 }');
    expect((await run(world, 'up', 'db')).code).toBe(4);
    const { out } = await run(world, 'profiles', 'trust', 'db', '--yes');
    expect(out).toContain('  - logs you in on gw.prod.example.com as ${login}, port 22');
    expect(out).toContain('? + logs you in on gw.prod.example.com as root, port 22');
  });

  test('cannot pass off a value of its own as one that is given later', async () => {
    const world = repository(PROFILE.replace('gw.${env}', 'zyfillin1e.${env}').replace('15432', '60001'));
    const { out } = await run(world, 'profiles', 'trust', 'db', '--yes');
    expect(out).toContain('logs you in on zyfillin1e.prod.example.com as ${login}, port ${port}');
    expect(out).toContain('127.0.0.1:60001');
  });

  test('is still flagged for what the files say, and for nothing that only its reader can decide', async () => {
    const forwards = (text: string): string => `variables: { at: , to: , port: }\nhops: [a]\nforwards: [${text}]\n`;
    const trust = async (text: string): Promise<string> => (await run(repository(forwards(text)), 'profiles', 'trust', 'db', '--yes')).out;
    expect(await trust('{ name: f, local: "${at}", to: "${to}" }')).toMatch(
      /^ {4}f: listens on this machine at \$\{at\} and leads to \$\{to\},/m,
    );
    expect(await trust('{ name: f, local: "0.0.0.0:${port}", to: "${to}" }')).toMatch(
      /^! {3}f: listens on this machine at 0\.0\.0\.0:\$\{port\}/m,
    );
    expect(await trust('{ name: f, remote: "${port}", to: "intranet:${port}" }')).toMatch(/^\? {3}f: makes intranet:\$\{port\}/m);
  });

  test('has its other errors told as before', async () => {
    const world = repository(`${PROFILE}idle: 3\n`);
    const { code, err } = await run(world, 'profiles', 'show', 'db');
    expect([code, err]).toEqual([2, expect.stringMatching(/has no value[^]*idle "3" is not a duration/)]);
    expect((await run(world, 'list')).out).toMatch(/^db +invalid/m);
  });
});
