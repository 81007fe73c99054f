import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pathsFor } from '../../src/platform/paths.ts';
import { findProfiles } from '../../src/profiles/find-profiles.ts';
import { loadProfile } from '../../src/profiles/load-profile.ts';
import { selectProfiles } from '../../src/profiles/select-profiles.ts';
import { sourceOf } from '../../src/profiles/source.ts';

let root = '';
beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tunnels-find-')));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const profile = (groups: string) => `groups: [${groups}]\nhops: [a]\nforwards: [{ dynamic: 1 }]\n`;

async function write(file: string, text = profile('')): Promise<string> {
  const path = join(root, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const find = (cwd: string, own = 'own') =>
  findProfiles({ cwd: join(root, cwd), paths: pathsFor({ TUNNELS_HOME: join(root, own) }), home: join(root, 'home') });

const listed = (found: Awaited<ReturnType<typeof findProfiles>>) =>
  found.profiles.map(({ name, file, shadowedBy }) => `${name} ${file.slice(root.length + 1)}${shadowedBy === null ? '' : ' shadowed'}`);

describe('findProfiles', () => {
  test('lists a repository up to its root, the nearest first, then the own folder, and shows what is shadowed', async () => {
    await write('repo/.git/HEAD');
    await write('repo/.tunnels/db.yaml');
    await write('repo/sub/.tunnels/db.yml');
    await write('repo/sub/.tunnels/a.json');
    await write('own/profiles/db.yaml');
    await write('own/profiles/z.yaml');
    await write('.tunnels/outside.yaml');
    expect(listed(await find('repo/sub'))).toEqual([
      'a repo/sub/.tunnels/a.json',
      'db repo/sub/.tunnels/db.yml',
      'db repo/.tunnels/db.yaml shadowed',
      'db own/profiles/db.yaml shadowed',
      'z own/profiles/z.yaml',
    ]);
  });

  test('without a repository looks up to the home, and outside of it in the working directory alone', async () => {
    await write('.tunnels/above.yaml');
    await write('home/.tunnels/x.yaml');
    await write('home/w/d/f');
    await write('tmp/.tunnels/foreign.yaml');
    await write('tmp/w/.tunnels/mine.yaml');
    expect(listed(await find('home/w/d'))).toEqual(['x home/.tunnels/x.yaml']);
    expect(listed(await find('tmp/w'))).toEqual(['mine tmp/w/.tunnels/mine.yaml']);
  });

  test('takes settings of its own under .tunnels for no profiles', async () => {
    await write('home/.tunnels/config.json', '{}');
    await write('home/.tunnels/profiles/db.yaml');
    expect(listed(await find('home', 'home/.tunnels'))).toEqual(['db home/.tunnels/profiles/db.yaml']);
  });

  test('passes over hidden files, schemas, folders and other extensions, and tells of names that are none', async () => {
    for (const name of ['.hidden.yaml', 'profile.schema.json', 'README.md', 'a b.yaml', '-x.yaml']) await write(`own/profiles/${name}`);
    const found = await find('w');
    expect(found.profiles).toEqual([]);
    expect(found.errors.map(({ file }) => file)).toEqual([join(root, 'own/profiles/-x.yaml'), join(root, 'own/profiles/a b.yaml')]);
  });

  test('of one name in a folder .yaml wins over .yml and .json', async () => {
    for (const name of ['db.json', 'db.yml', 'db.yaml']) await write(`own/profiles/${name}`);
    expect(listed(await find('w'))).toEqual([
      'db own/profiles/db.yaml',
      'db own/profiles/db.yml shadowed',
      'db own/profiles/db.json shadowed',
    ]);
  });

  test('follows no link that leaves .tunnels, nor a .tunnels that is a link, but any link of the user', async () => {
    const outside = await write('elsewhere/secret.yaml');
    await write('repo/.git/HEAD');
    await write('repo/.tunnels/ok.yaml');
    await symlink('ok.yaml', join(root, 'repo/.tunnels/inner.yaml'));
    await symlink(outside, join(root, 'repo/.tunnels/out.yaml'));
    await mkdir(join(root, 'repo/sub'));
    await symlink(join(root, 'elsewhere'), join(root, 'repo/sub/.tunnels'));
    await mkdir(join(root, 'own/profiles'), { recursive: true });
    await symlink(outside, join(root, 'own/profiles/linked.yaml'));
    const found = await find('repo/sub');
    expect(found.profiles.map(({ name }) => name)).toEqual(['inner', 'ok', 'linked']);
    expect(found.errors.map(({ file }) => file)).toEqual([
      join(root, 'repo/sub/.tunnels/secret.yaml'),
      join(root, 'repo/.tunnels/out.yaml'),
    ]);
  });

  test('tells of a .tunnels that is no folder', async () => {
    await write('w/.tunnels', 'x');
    expect((await find('w')).errors).toHaveLength(1);
  });

  test('what comes from a repository needs trust in its exact bytes, what is the own does not', async () => {
    await write('w/.tunnels/db.yaml');
    await write('own/profiles/mine.yaml');
    const { profiles } = await find('w');
    const sources = await Promise.all(
      profiles.map(async (found) => {
        const loaded = await loadProfile(found.file);
        return loaded.ok ? sourceOf(found, loaded.value) : null;
      }),
    );
    expect(sources).toMatchObject([
      { kind: 'project', needsTrust: true, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { kind: 'user', needsTrust: false },
    ]);
  });
});

describe('selectProfiles', () => {
  async function select(...words: string[]) {
    const chosen = await selectProfiles(await find('w'), words);
    return { names: chosen.profiles.map(({ name }) => name), unread: chosen.unread.length };
  }
  beforeEach(async () => {
    await write('own/profiles/db-prod.yaml', profile('prod'));
    await write('own/profiles/db-test.yaml', profile('test'));
    await write('own/profiles/web.yaml', profile('prod, all'));
  });

  test('finds names, patterns and groups, each profile once, in the order asked', async () => {
    expect(await select('web', 'db-*')).toEqual({ names: ['web', 'db-prod', 'db-test'], unread: 0 });
    expect(await select('prod', 'web', 'db-????')).toEqual({ names: ['db-prod', 'web', 'db-test'], unread: 0 });
  });

  test('a name wins over a group', async () => {
    await write('own/profiles/prod.yaml');
    expect((await select('prod')).names).toEqual(['prod']);
  });

  test('a word that means nothing is an error with the nearest name or group', async () => {
    await expect(select('web', 'db-prdo')).rejects.toMatchObject({
      problem: { code: 'profile-not-found', facts: { name: 'db-prdo', nearest: 'db-prod' } },
    });
    await expect(select('prdo')).rejects.toMatchObject({ problem: { facts: { nearest: 'prod' } } });
    await expect(select('zz*')).rejects.toMatchObject({ problem: { code: 'profile-not-found' } });
    await expect(select('db.prod')).rejects.toMatchObject({ problem: { code: 'profile-not-found' } });
  });

  test('a group holds its profiles with errors too, and tells of files that nobody can read', async () => {
    await write('own/profiles/half.yaml', 'groups: [prod]\nhops: []\n');
    await write('own/profiles/torn.yaml', 'groups: [prod\n');
    expect(await select('prod')).toEqual({ names: ['db-prod', 'half', 'web'], unread: 1 });
  });
});
