import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gitFolder, sourceFolder } from '../../../src/profiles/sources/state/places.ts';
import { inUse, pendingOf, pin } from '../../../src/profiles/sources/pins.ts';
import { readFetched } from '../../../src/profiles/sources/state/source-state.ts';
import { type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { isAlive } from '../../support/proc.ts';
import { until } from '../../support/until.ts';
import { makePlace, PROFILE } from './place.ts';

const code = (wanted: string) => expect.objectContaining({ problem: expect.objectContaining({ code: wanted }) });
const team = { name: 'team' };

describe('a git repository as a source', () => {
  test('gives the profiles of its folder, with what they build upon, and nothing else of it', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const commit = await repo.commit({
      'db/db-prod.yaml': PROFILE,
      'db/web.json': '{}',
      'db/_defaults.yml': 'keepalive: mirror\n',
      'db/known_hosts': 'h ssh-ed25519 AAAA\n',
      'db/profile.schema.json': '{}',
      'db/.hidden.yaml': PROFILE,
      'db/README.md': 'x',
      'db/deeper/x.yaml': PROFILE,
      'other.yaml': PROFILE,
    });
    const updated = await place.update(`${repo.url}#main//db`);
    expect(updated).toMatchObject({ id: commit, before: null, way: null });
    expect(Object.keys(place.files())).toEqual(['_defaults.yml', 'db-prod.yaml', 'known_hosts', 'web.json']);
    expect(place.files()['db-prod.yaml']).toBe(PROFILE);
    expect(updated.snapshot).toMatchObject({ remarks: [], info: { author: 'Ann', subject: 'change' } });
  });

  test('is pinned: a newer commit waits, is told with what it changes, and is used from the moment it is pinned', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const first = await repo.commit({ 'a.yaml': PROFILE, 'b.yaml': PROFILE, 'c.yaml': PROFILE });
    await place.update(repo.url);
    expect(pendingOf(place.paths, team)).toBeNull();
    await pin(place.paths, { name: 'team', id: first });
    await repo.commit({ 'a.yaml': '# evil\n' }, 'Change a');
    const second = await repo.commit({ 'd.yaml': PROFILE, 'c.yaml': null }, 'Add \u001b[31md\u202e');
    expect(await place.update(repo.url)).toMatchObject({ id: second, before: first });
    expect(place.files()['a.yaml']).toBe(PROFILE);
    expect(pendingOf(place.paths, team)).toMatchObject({
      from: { id: first },
      to: { id: second },
      changes: [
        { file: 'a.yaml', is: 'changed' },
        { file: 'c.yaml', is: 'removed' },
        { file: 'd.yaml', is: 'new' },
      ],
      way: { from: first, follows: 'yes', commits: 2, subjects: ['Add  [31md', 'Change a'] },
    });
    await pin(place.paths, { name: 'team', id: second });
    expect(Object.keys(place.files())).toEqual(['a.yaml', 'b.yaml', 'd.yaml']);
    expect(pendingOf(place.paths, team)).toBeNull();
  });

  test('stays pinned over many fetches, and older states that nobody uses are removed', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const first = await repo.commit({ 'a.yaml': PROFILE });
    await place.update(repo.url);
    await pin(place.paths, { name: 'team', id: first });
    const later: string[] = [];
    for (const n of [1, 2, 3]) {
      later.push(await repo.commit({ 'a.yaml': `# ${n}\n` }));
      await place.update(repo.url);
    }
    expect(pendingOf(place.paths, team)?.way).toMatchObject({ follows: 'yes', commits: 3 });
    const kept = readdirSync(sourceFolder(place.paths, 'team')).filter((name) => /^[0-9a-f]{40}$/.test(name));
    expect(new Set(kept)).toEqual(new Set([first, later[1], later[2]]));
  });

  test('is told with all that differs from what is in use, and nothing that was taken back before anybody used it', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const first = await repo.commit({ 'a.yaml': PROFILE });
    await place.update(repo.url);
    await pin(place.paths, { name: 'team', id: first });
    await repo.commit({ 'a.yaml': '# broken\n', 'b.yaml': PROFILE });
    await place.update(repo.url);
    await repo.commit({ 'a.yaml': PROFILE });
    const told = { since: first, changes: [{ file: 'b.yaml', is: 'new' }], way: { commits: 2 } };
    expect(await place.update(repo.url)).toMatchObject(told);
    expect(await place.update(repo.url)).toMatchObject(told);
  });

  test('moves on over commits that change none of its files, as there is nothing to accept; not to another history', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const first = await repo.commit({ 'db/a.yaml': PROFILE, 'src/main.c': '1' });
    const url = `${repo.url}#main//db`;
    await place.update(url);
    await pin(place.paths, { name: 'team', id: first });
    const second = await repo.commit({ 'src/main.c': '2' });
    expect(await place.update(url)).toMatchObject({ id: second, since: first, changes: [], way: { follows: 'yes' } });
    expect([inUse(place.paths, 'team')?.id, pendingOf(place.paths, team)]).toEqual([second, null]);
    await repo.git(['checkout', '--quiet', '--orphan', 'evil']);
    const forced = await repo.commit({ 'src/main.c': '3' });
    await repo.git(['branch', '--force', 'main', 'evil']);
    await place.update(url);
    expect([inUse(place.paths, 'team')?.id, pendingOf(place.paths, team)]).toMatchObject([
      second,
      { to: { id: forced }, way: { follows: 'no' } },
    ]);
  });

  test('that was rewritten, or whose ref leads elsewhere, is said not to follow from what is in use', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    await repo.commit({ 'a.yaml': PROFILE });
    const first = await repo.commit({ 'b.yaml': PROFILE });
    await place.update(`${repo.url}#main`);
    await pin(place.paths, { name: 'team', id: first });
    await repo.git(['checkout', '--quiet', '--orphan', 'evil']);
    const forced = await repo.commit({ 'a.yaml': '# evil\n' });
    await repo.git(['branch', '--force', 'main', 'evil']);
    expect(await place.update(`${repo.url}#main`)).toMatchObject({ id: forced, way: { follows: 'no', commits: null } });
    expect(place.files()['a.yaml']).toBe(PROFILE);
    expect(pendingOf(place.paths, team)?.way).toMatchObject({ from: first, follows: 'no' });
  });

  test('that was moved back is said to be older, also when nothing came between, with what was taken back', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const old = await repo.commit({ 'a.yaml': PROFILE });
    await repo.commit({ 'b.yaml': PROFILE }, 'Add b');
    const first = await repo.commit({ 'c.yaml': PROFILE }, 'Add c');
    await place.update(repo.url);
    await pin(place.paths, { name: 'team', id: first });
    await repo.git(['reset', '--quiet', '--hard', old]);
    const way = { from: first, follows: 'back', commits: 2, subjects: ['Add c', 'Add b'] };
    expect(await place.update(repo.url)).toMatchObject({ id: old, way });
    expect(Object.keys(place.files())).toEqual(['a.yaml', 'b.yaml', 'c.yaml']);
  });

  test('may be named by a tag or a commit, and a tag that is moved is told', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const first = await repo.commit({ 'a.yaml': PROFILE });
    await repo.git(['tag', '--annotate', '--message', 'x', 'v1']);
    await repo.commit({ 'a.yaml': '# later\n' });
    expect(await place.update(`${repo.url}#v1`)).toMatchObject({ id: first });
    await pin(place.paths, { name: 'team', id: first });
    await repo.git(['checkout', '--quiet', '--detach', first]);
    const moved = await repo.commit({ 'a.yaml': '# moved\n' });
    await repo.git(['tag', '--force', 'v1']);
    expect(await place.update(`${repo.url}#v1`)).toMatchObject({ id: moved, way: { follows: 'yes', commits: 1 } });
    expect(await makePlace().update(`${repo.url}#${first}`)).toMatchObject({ id: first });
  });

  test('that cannot be reached leaves what is here in use', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    await repo.commit({ 'a.yaml': PROFILE });
    await place.update(repo.url);
    await repo.git(['update-ref', '-d', 'refs/heads/main']);
    await expect(place.update(`${repo.url}#main`)).rejects.toThrow(code('source-not-fetched'));
    expect(place.files()).toEqual({ 'a.yaml': PROFILE });
    expect(readFetched(place.paths, 'team').trouble).toMatchObject({ code: 'source-not-fetched', text: expect.stringContaining('fatal:') });
  });

  test('has the folder that is named, or it is an error; a link to one is none', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    await repo.git(['update-index', '--add', '--cacheinfo', `120000,${await repo.git(['hash-object', '-w', '--stdin'], 'real')},link`]);
    await repo.git(['commit', '--quiet', '--message', 'x']);
    await expect(place.update(`${repo.url}//gone`)).rejects.toThrow(code('source-nowhere'));
    await expect(place.update(`${repo.url}//link`)).rejects.toThrow(code('source-nowhere'));
  });

  test('is told to be missing where there is no git, in plain words', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    place.env['PATH'] = place.home;
    await expect(place.update(repo.url)).rejects.toThrow(code('git-missing'));
  });

  test('is fetched no further once the person has gone', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const gone = new AbortController();
    gone.abort(new Error('gone'));
    await expect(place.update(repo.url, { signal: gone.signal })).rejects.toThrow('gone');
    expect(readFetched(place.paths, 'team').trouble).toBeNull();
  });
});

describe('a repository that means harm', () => {
  test('gets no link followed, no strange name written, and no other kind of entry read', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    const blob = await repo.git(['hash-object', '-w', '--stdin'], PROFILE);
    const target = await repo.git(['hash-object', '-w', '--stdin'], '/etc/passwd');
    const empty = await repo.git(['hash-object', '-w', '-t', 'tree', '--stdin']);
    const raw = [
      ['100644', '../../x.yaml', blob],
      ['100644', '--all.yaml', blob],
      ['100644', '..\\..\\y.yaml', blob],
      ['100644', 'b/../y.yaml', blob],
      ['100644', 'a\u001b[31m.yaml', blob],
      ['100644', 'good.yaml', blob],
      ['120000', 'link.yaml', target],
      ['160000', 'module.yaml', blob],
      ['40000', 'tree.yaml', empty],
    ];
    const tree = Buffer.concat(raw.flatMap(([mode, name, id]) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id!, 'hex')]));
    writeFileSync(join(repo.dir, 'tree'), tree);
    const treeId = await repo.git(['hash-object', '-w', '-t', 'tree', '--literally', 'tree']);
    await repo.git(['update-ref', 'refs/heads/main', await repo.git(['commit-tree', treeId, '-m', 'x'])]);
    const { snapshot } = await place.update(repo.url);
    expect(place.files()).toEqual({ 'good.yaml': PROFILE });
    expect(snapshot?.remarks.map(({ file }) => file).toSorted()).toEqual([
      '--all.yaml',
      'a [31m.yaml',
      'b/../y.yaml',
      'link.yaml',
      'module.yaml',
      'tree.yaml',
    ]);
    expect(snapshot?.remarks.find(({ file }) => file === 'link.yaml')?.text).toContain('symbolic link');
    expect(readdirSync(place.home, { recursive: true, encoding: 'utf8' }).filter((name) => /[xy]\.yaml$/.test(name))).toEqual([]);
  });

  test('has a file of 1 GB left out, also by a server that sends it', { timeout: 120_000 }, async () => {
    const [repo, places] = [await makeRepo(), [makePlace(), makePlace()]];
    const commit = await repo.commit({ 'good.yaml': PROFILE });
    await repo.git(['update-ref', 'refs/heads/main', await commitOfGigabyte(repo, commit)]);
    for (const [index, place] of places.entries()) {
      await repo.git(['config', 'uploadpack.allowFilter', String(index === 0)]);
      const { snapshot } = await place.update(repo.url);
      expect(place.files()).toEqual({ 'good.yaml': PROFILE });
      expect(snapshot?.remarks).toEqual([{ file: 'huge.yaml', text: expect.stringContaining('1 MB') }]);
    }
  });

  test('is fetched no further than a source may be large, and what came of it is removed', async () => {
    const [repo, place] = [await makeRepo({ filter: false }), makePlace()];
    await repo.commit({ 'a.yaml': PROFILE, 'noise.bin': randomBytes(3_000_000).toString('base64') });
    const limits = { bytes: 1_000_000, patienceMs: 20_000 };
    await expect(place.update(repo.url, { limits })).rejects.toThrow(code('source-too-large'));
    expect(place.files()).toEqual({});
    expect(readdirSync(join(gitFolder(place.paths, 'team'), 'objects', 'pack')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  test('whose server says nothing is given up, and its ssh is ended with it', async () => {
    const place = makePlace();
    const [ssh, pids] = [join(place.home, 'ssh'), join(place.home, 'pids')];
    writeFileSync(ssh, `#!/bin/sh\necho $$ >> ${pids}\nexec sleep 1000\n`, { mode: 0o755 });
    place.env['GIT_SSH_COMMAND'] = ssh;
    const limits = { bytes: 1_000_000, patienceMs: 500 };
    await expect(place.update('git@host.invalid:x', { limits })).rejects.toThrow(code('source-timeout'));
    const pid = Number(readFileSync(pids, 'utf8'));
    await until(() => !isAlive(pid), { what: 'ssh to end' });
  });

  test('runs no hook, no program of its configuration, and no transport that is a command', async () => {
    const [repo, place] = [await makeRepo(), makePlace()];
    await repo.commit({ 'a.yaml': PROFILE });
    const mark = join(place.home, 'ran');
    await place.update(repo.url);
    const git = gitFolder(place.paths, 'team');
    expect(existsSync(join(git, 'hooks'))).toBe(false);
    // Whoever can write here can do anything; even so nothing of it is run.
    mkdirSync(join(git, 'hooks'));
    for (const hook of ['reference-transaction', 'post-checkout', 'post-merge']) {
      writeFileSync(join(git, 'hooks', hook), `#!/bin/sh\ntouch ${mark}\n`);
      chmodSync(join(git, 'hooks', hook), 0o755);
    }
    writeFileSync(join(git, 'config'), `[core]\n\tbare = true\n\tsshCommand = touch ${mark}\n\tfsmonitor = touch ${mark}\n`);
    place.env['GIT_CONFIG_COUNT'] = '1';
    place.env['GIT_CONFIG_KEY_0'] = `url.ext::touch ${mark} .insteadOf`;
    place.env['GIT_CONFIG_VALUE_0'] = `${repo.url}/elsewhere`;
    await repo.commit({ 'b.yaml': PROFILE });
    await place.update(repo.url);
    await expect(place.update(`${repo.url}/elsewhere`)).rejects.toThrow(code('source-not-fetched'));
    expect(existsSync(mark)).toBe(false);
    expect(Object.keys(place.files())).toEqual(['a.yaml', 'b.yaml']);
  });

  test('gets its own words shown without what would steer a terminal, and cut', async () => {
    const place = makePlace();
    const ssh = join(place.home, 'ssh');
    writeFileSync(ssh, `#!/bin/sh\nprintf '\\033]0;owned\\007%s\\n' "$(head -c 5000 /dev/zero | tr '\\0' x)" >&2\nexit 255\n`, {
      mode: 0o755,
    });
    place.env['GIT_SSH_COMMAND'] = ssh;
    const said = await place.update('git@host.invalid:x').then(
      () => '',
      (error: { problem: { facts: { said: string } } }) => error.problem.facts.said,
    );
    expect(said).toContain('owned');
    for (const character of ['\u0007', '\u001b']) expect(said).not.toContain(character);
    expect(Math.max(...said.split('\n').map((line) => line.length))).toBeLessThan(400);
  });
});

test('git that runs in a hook of another repository fetches into its own all the same', async () => {
  const [repo, other, place] = [await makeRepo(), await makeRepo(), makePlace()];
  await repo.commit({ 'a.yaml': PROFILE });
  const head = await other.commit({ 'mine.txt': 'x' });
  Object.assign(place.env, {
    GIT_DIR: join(other.dir, '.git'),
    GIT_WORK_TREE: other.dir,
    GIT_INDEX_FILE: join(other.dir, '.git', 'index'),
  });
  await place.update(repo.url);
  expect(inUse(place.paths, 'team')?.snapshot.files).toHaveProperty('a.yaml');
  expect(await other.git(['for-each-ref', '--format=%(objectname)'])).toBe(head);
});

/** A commit with huge.yaml of 1 GB of zeros beside what there is, written without git add, which would read it twice. */
async function commitOfGigabyte(repo: GitRepo, parent: string): Promise<string> {
  writeFileSync(join(repo.dir, 'sparse'), '');
  truncateSync(join(repo.dir, 'sparse'), 1_073_741_824);
  const huge = await repo.git(['-c', 'core.bigFileThreshold=1m', '-c', 'core.compression=1', 'hash-object', '-w', 'sparse']);
  const listed = await repo.git(['ls-tree', parent]);
  const tree = await repo.git(['mktree'], `${listed}\n100644 blob ${huge}\thuge.yaml\n`);
  return await repo.git(['commit-tree', tree, '-p', parent, '-m', 'huge']);
}
