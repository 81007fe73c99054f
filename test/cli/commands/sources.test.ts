import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pathsFor } from '../../../src/platform/paths.ts';
import { inUse, pin } from '../../../src/profiles/sources/pins.ts';
import { gitEnv, makeRepo } from '../../support/git-repo.ts';
import { makeWorld, run, type World } from '../fake-given.ts';

const PROFILE = 'description: Ours\nhops: [bastion]\nforwards: [{ name: pg, local: 15432, to: "db:5432" }]\n';

function world(): World {
  const made = makeWorld();
  made.env = gitEnv(made.home);
  return made;
}

const pathsOf = (here: World) => pathsFor({ TUNNELS_HOME: here.home });
const textOf = (here: World, name: string): string => readFileSync(join(here.home, name), 'utf8');

describe("a team's repository", () => {
  test('is added with its profiles shown; none comes up before it is trusted, and one that stays as it is stays trusted', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE, 'web.yaml': PROFILE.replace('15432', '15433') });
    const added = await run(here, 'profiles', 'add', 'acme', repo.url);
    expect([added.code, added.out]).toEqual([0, 'db\nweb\n']);
    expect(added.err).toContain('profiles trust');
    expect((await run(here, 'up', 'db')).code).toBe(4);
    expect((await run(here, 'profiles', 'trust', 'db', '--yes')).code).toBe(0);
    expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
    await repo.commit({ 'web.yaml': PROFILE });
    const updated = await run(here, 'profiles', 'update');
    expect([updated.code, updated.out]).toEqual([0, expect.stringMatching(/1 commit newer[^]*changed {2}web\.yaml/)]);
    expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
    await repo.commit({ 'db.yaml': `${PROFILE}# another\n` });
    await run(here, 'profiles', 'update', 'acme');
    // What was trusted stays in use until the change is.
    expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
    expect((await run(here, 'profiles', 'untrust', 'db')).code).toBe(0);
    expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(4);
  });

  test('that is pinned shows its update in every list, and goes on as it is', async () => {
    const [repo, here] = [await makeRepo(), world()];
    const id = await repo.commit({ 'db.yaml': PROFILE });
    await run(here, 'profiles', 'add', 'acme', repo.url);
    await run(here, 'profiles', 'trust', 'db', '--yes');
    await pin(pathsOf(here), { name: 'acme', id });
    const evil = await repo.commit({ 'db.yaml': PROFILE.replace('bastion', 'evil'), 'new.yaml': PROFILE }, 'Improve \u001b[2J\u202ethings');
    const updated = await run(here, 'profiles', 'update');
    for (const character of ['\u001b', '\u202e']) expect(`${updated.out}${updated.err}`).not.toContain(character);
    expect(updated.err).toMatch(/acme: an update is available.*1 commit newer.*db\.yaml \(changed\), new\.yaml \(new\)/);
    expect(updated.err).toContain('tunnels profiles trust --source acme');
    const again = await run(here, 'profiles', 'update');
    expect([again.out, again.err]).toEqual([updated.out, updated.err]);
    expect(again.out).not.toContain('as new as it gets');
    expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
    expect(JSON.stringify(here.requests.at(-1)?.request)).not.toContain('evil');
    const listed = await run(here, 'list');
    expect(listed.out).toMatch(/^db +down +team:acme +trusted +Ours$/m);
    expect(listed.err).toContain('an update is available');
    expect((await run(here, 'list', '--json')).json()).toMatchObject({
      profiles: [{ name: 'db', source: { kind: 'team', name: 'acme', id }, trusted: true }],
      sources: [
        {
          name: 'acme',
          kind: 'git',
          url: repo.url,
          inUse: id,
          latest: evil,
          pending: { id: evil, way: { follows: 'yes' } },
          trouble: null,
        },
      ],
    });
  });

  test('comes after the own profiles and those of the project, and sources in the order in which they were added', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE, 'web.yaml': PROFILE });
    mkdirSync(join(here.home, 'shared'));
    for (const name of ['web.yaml', 'last.yaml']) writeFileSync(join(here.home, 'shared', name), PROFILE);
    mkdirSync(join(here.home, 'profiles'));
    writeFileSync(join(here.home, 'profiles', 'db.yaml'), PROFILE);
    const first = await run(here, 'profiles', 'add', 'acme', repo.url);
    expect(first.err).toContain('db is not used:');
    await run(here, 'profiles', 'add', 'shared', './shared');
    const rows = (await run(here, 'ls')).out.split('\n').map((row) => row.split(/ {2,}/).slice(0, 4).join(' | '));
    expect(rows.slice(1, -1)).toEqual([
      'db | down | user | own',
      'db | shadowed | team:acme | not trusted',
      'web | down | team:acme | not trusted',
      'last | down | team:shared | not trusted',
      'web | shadowed | team:shared | not trusted',
    ]);
  });

  test('is listed without git and without the network', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE });
    await run(here, 'profiles', 'add', 'acme', repo.url);
    mkdirSync(join(here.home, 'bin'));
    writeFileSync(join(here.home, 'bin', 'git'), `#!/bin/sh\n: > ${here.home}/git-ran\n`);
    chmodSync(join(here.home, 'bin', 'git'), 0o755);
    here.env['PATH'] = join(here.home, 'bin');
    expect((await run(here, 'list')).out).toContain('team:acme');
    await run(here, 'up', 'db');
    expect(existsSync(join(here.home, 'git-ran'))).toBe(false);
    await run(here, 'profiles', 'update');
    expect(existsSync(join(here.home, 'git-ran'))).toBe(true);
  });

  test('that cannot be fetched ends with the code for it, keeps no other from being fetched, and is noted', async () => {
    const [repo, other, here] = [await makeRepo(), await makeRepo(), world()];
    for (const one of [repo, other]) await one.commit({ 'db.yaml': PROFILE });
    await run(here, 'profiles', 'add', 'acme', repo.url);
    await run(here, 'profiles', 'add', 'other', other.url);
    await repo.git(['update-ref', '-d', 'refs/heads/main']);
    const now = await other.commit({ 'new.yaml': PROFILE });
    const updated = await run(here, 'profiles', 'update', '--json');
    expect(updated.code).toBe(1);
    expect(updated.json()).toMatchObject({
      sources: [
        { name: 'acme', trouble: { code: 'source-not-fetched' } },
        { name: 'other', latest: now, trouble: null, changes: [{ file: 'new.yaml', is: 'new' }] },
      ],
    });
    expect((await run(here, 'list')).err).toBe('');
    expect((await run(here, 'list', '--verbose')).err).toContain('acme');
  });

  test('is gone when it is removed, with what was fetched and the trust in it', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE });
    await run(here, 'profiles', 'add', 'acme', repo.url);
    await run(here, 'profiles', 'trust', 'db', '--yes');
    const removed = await run(here, 'profiles', 'remove', 'acme');
    expect(removed.code).toBe(0);
    expect((await run(here, 'up', 'db')).code).toBe(2);
    expect(readdirSync(join(here.home, 'sources'))).toEqual([]);
    await run(here, 'profiles', 'add', 'acme', repo.url);
    expect((await run(here, 'up', 'db')).code).toBe(4);
    expect(await run(here, 'profiles', 'remove', 'amce')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean acme?') });
  });
});

describe('the trust in a source that is removed', () => {
  const approvals = (here: World): string => textOf(here, 'approvals.json') + textOf(here, 'approved-documents.json');

  test('is forgotten for every state of it, and for no source whose name only begins the same', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE, 'old.yaml': PROFILE.replace('15432', '1') });
    for (const name of ['acme', 'acme2']) await run(here, 'profiles', 'add', name, repo.url);
    for (const name of ['acme', 'acme2']) await run(here, 'profiles', 'trust', '--source', name, '--yes');
    await repo.commit({ 'old.yaml': null });
    await run(here, 'profiles', 'update');
    await run(here, 'profiles', 'trust', '--source', 'acme', '--yes');
    expect(approvals(here)).toContain('source:acme/old.yaml');
    await run(here, 'profiles', 'remove', 'acme');
    expect(approvals(here)).not.toContain('source:acme/');
    expect(approvals(here)).toContain('source:acme2/old.yaml');
  });

  test('is forgotten for files that its folder has no more, and for nothing beside it', async () => {
    const here = world();
    const folders = ['shared', 'shared2'].map((name) => join(here.home, name));
    for (const folder of folders) mkdirSync(folder);
    for (const folder of folders) writeFileSync(join(folder, 'db.yaml'), PROFILE);
    for (const name of ['shared', 'shared2']) await run(here, 'profiles', 'add', name, `./${name}`);
    for (const name of ['shared', 'shared2']) await run(here, 'profiles', 'trust', '--source', name, '--yes');
    rmSync(join(here.home, 'shared', 'db.yaml'));
    await run(here, 'profiles', 'remove', 'shared');
    expect(approvals(here)).not.toContain(join(here.home, 'shared', 'db.yaml'));
    expect(approvals(here)).toContain(join(here.home, 'shared2', 'db.yaml'));
  });
});

describe('what is typed wrongly', () => {
  test.each([
    [['profiles', 'add', '../../x', '/tmp'], 'cannot be the name'],
    [['profiles', 'add', '--all', '/tmp'], 'no option --all'],
    [['profiles', 'add', '--', '--all', '/tmp'], 'cannot be the name'],
    [['profiles', 'add', 'acme', 'http://host/x.yaml'], 'encrypted'],
    [['profiles', 'add', 'acme', 'ssh://-oProxyCommand=x/y'], 'dash'],
    [['profiles', 'add', '--', 'acme', '--upload-pack=x'], 'dash'],
    [['profiles', 'add', 'acme', './gone'], 'no such folder'],
    [['profiles', 'add', 'acme'], 'needs more'],
    [['profiles', 'update', 'acme'], 'no source acme'],
    [['profiles', 'remove', '../../x'], 'no source'],
  ])('tunnels %j changes nothing', async (argv, says) => {
    const here = world();
    const ran = await run(here, ...argv);
    expect([ran.code, ran.err]).toEqual([2, expect.stringContaining(says)]);
    expect(readdirSync(here.home)).toEqual([]);
  });

  test('a source that cannot be fetched is not added, and a name that is taken stays what it is', async () => {
    const [repo, here] = [await makeRepo(), world()];
    await repo.commit({ 'db.yaml': PROFILE });
    expect((await run(here, 'profiles', 'add', 'acme', `${repo.url}x`)).code).toBe(1);
    expect([existsSync(join(here.home, 'sources.json')), readdirSync(join(here.home, 'sources'))]).toEqual([false, []]);
    await run(here, 'profiles', 'add', 'acme', repo.url);
    const before = textOf(here, 'sources.json');
    expect(await run(here, 'profiles', 'add', 'acme', here.home)).toMatchObject({ code: 2, err: expect.stringContaining('already') });
    expect(textOf(here, 'sources.json')).toBe(before);
    expect(inUse(pathsOf(here), 'acme')).not.toBeNull();
  });
});

describe('the list of sources', () => {
  test('that cannot be understood is told, and kept under another name when one is added', async () => {
    const here = world();
    mkdirSync(join(here.home, 'shared'));
    writeFileSync(join(here.home, 'sources.json'), '{"torn');
    expect((await run(here, 'list')).err).toContain('sources.json');
    const added = await run(here, 'profiles', 'add', 'shared', 'shared');
    expect([added.code, added.err]).toEqual([0, expect.stringContaining('sources.aside-')]);
    expect(readdirSync(here.home).filter((name) => name.startsWith('sources.aside-'))).toHaveLength(1);
    expect((await run(here, 'list', '--json')).json()).toMatchObject({ sources: [{ name: 'shared', kind: 'folder' }] });
  });

  test('with a name that would lead out of its folder is not believed', async () => {
    const here = world();
    const value = [{ name: '../../x', spec: { kind: 'folder', directory: '/tmp' } }];
    writeFileSync(join(here.home, 'sources.json'), JSON.stringify({ schemaVersion: 1, value }));
    expect((await run(here, 'list')).err).toContain('cannot be understood');
  });

  test('keeps both of two sources that are added at once', async () => {
    const here = world();
    for (const name of ['one', 'two']) mkdirSync(join(here.home, name));
    const codes = await Promise.all(['one', 'two'].map((name) => run(here, 'profiles', 'add', name, name)));
    expect(codes.map(({ code }) => code)).toEqual([0, 0]);
    expect((await run(here, 'list', '--json')).json()).toMatchObject({ sources: [{ kind: 'folder' }, { kind: 'folder' }] });
  });
});

test('a folder is read in place, follows no link that leads out of it, and needs trust in its very contents', async () => {
  const here = world();
  mkdirSync(join(here.home, 'shared'));
  writeFileSync(join(here.home, 'shared', 'db.yaml'), PROFILE);
  const added = await run(here, 'profiles', 'add', 'shared', './shared');
  expect(added.err).not.toContain('Fetching');
  await run(here, 'profiles', 'trust', 'db', '--yes');
  expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
  expect((await run(here, 'profiles', 'update')).out).toContain('read in place');
  writeFileSync(join(here.home, 'shared', 'db.yaml'), `${PROFILE}# changed\n`);
  expect((await run(here, 'up', 'db')).code).toBe(4);
});

test('the interval of fetching is a setting, from a minute on, or 0', async () => {
  const here = world();
  for (const value of ['1m', '30m', '2h', '0']) expect((await run(here, 'config', 'set', 'sources.interval', value)).code).toBe(0);
  for (const value of ['10s', '5', 'often', '-1h'])
    expect((await run(here, 'config', 'set', '--', 'sources.interval', value)).code).toBe(2);
  expect((await run(here, 'config', 'get', 'sources.interval')).out).toBe('0\n');
});
