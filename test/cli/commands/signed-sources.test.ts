import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { gitEnv, type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { must, run as runProgram } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';
import { makeWorld, run, type World } from '../fake-given.ts';

const PROFILE = 'hops: [bastion]\nforwards: [{ name: pg, local: 15432, to: "db:5432" }]\n';
const dir = tempDir('sig');
let ann: Key;
let mallory: Key;
beforeAll(async () => {
  [ann, mallory] = await Promise.all([makeKey(dir, { name: 'ann' }), makeKey(dir, { name: 'mallory' })]);
});

const allowed = (key: Key): string => `ann@example.com namespaces="git" ${key.publicLine}\n`;

/** From now on every commit is signed by this key; null: by none. */
async function signAs(repo: GitRepo, key: Key | null): Promise<void> {
  await repo.git(['config', 'commit.gpgsign', String(key !== null)]);
  await repo.git(['config', 'gpg.format', 'ssh']);
  if (key !== null) await repo.git(['config', 'user.signingkey', `${key.path}.pub`]);
}

type Place = { readonly here: World; readonly repo: GitRepo; readonly keys: string };

/** A user, a repository of which Ann signs the commits, and a file that says so. */
async function makePlace(): Promise<Place> {
  const [here, repo] = [makeWorld(), await makeRepo()];
  here.env = gitEnv(here.home);
  const keys = join(here.home, 'signers');
  writeFileSync(keys, allowed(ann));
  await signAs(repo, ann);
  await repo.commit({ 'db.yaml': PROFILE });
  return { here, repo, keys };
}

const add = ({ here, repo, keys }: Place) => run(here, 'profiles', 'add', 'acme', repo.url, '--require-signed', keys);
const update = ({ here }: Place) => run(here, 'profiles', 'update', 'acme');
/** What the profile's hop is, as it would come up; null: it may not. */
async function hopOf({ here }: Place): Promise<unknown> {
  const { code } = await run(here, 'up', 'db', '--no-wait');
  return code === 0 ? here.requests.at(-1)?.request.profile['hops'] : null;
}
const change = ({ repo }: Place, hop: string): Promise<string> => repo.commit({ 'db.yaml': PROFILE.replace('bastion', hop) });

describe('a source whose commits have to be signed', () => {
  test('is trusted by the signature, and so is what is signed next', async () => {
    const place = await makePlace();
    const added = await add(place);
    expect([added.code, added.err]).toEqual([0, expect.stringContaining('trusted by their signature')]);
    expect(await hopOf(place)).toEqual(['bastion']);
    await change(place, 'gw');
    expect((await update(place)).code).toBe(0);
    expect(await hopOf(place)).toEqual(['gw']);
    expect((await run(place.here, 'list')).out).toMatch(/db +down +team:acme +trusted/);
  });

  test.each<[string, (place: Place) => Promise<unknown>, string]>([
    ['by nobody', ({ repo }) => signAs(repo, null), 'not signed'],
    ['by another key', ({ repo }) => signAs(repo, mallory), 'not signed by any of the keys'],
  ])('is not used as it was changed by a commit signed %s, and goes on as it was', async (_title, prepare, words) => {
    const place = await makePlace();
    await add(place);
    await prepare(place);
    const evil = await change(place, 'evil');
    const updated = await update(place);
    expect([updated.code, updated.err]).toEqual([4, expect.stringContaining(words)]);
    expect(updated.err).toContain(evil.slice(0, 10));
    expect(await hopOf(place)).toEqual(['bastion']);
    // Nor by a person: it is no state of the source at all.
    await run(place.here, 'profiles', 'trust', '--source', 'acme', '--yes');
    expect(await hopOf(place)).toEqual(['bastion']);
    expect((await run(place.here, 'list')).err).toContain(words);
    // A commit of Ann's on top of it makes it hers.
    await signAs(place.repo, ann);
    await change(place, 'gw');
    expect((await update(place)).code).toBe(0);
    expect(await hopOf(place)).toEqual(['gw']);
  });

  test('is not added where its first commit is not signed by the keys', async () => {
    const place = await makePlace();
    await signAs(place.repo, mallory);
    await change(place, 'evil');
    expect((await add(place)).code).toBe(4);
    expect((await run(place.here, 'profiles', 'update', 'acme')).code).toBe(2);
    expect(existsSync(join(place.here.home, 'sources', 'acme'))).toBe(false);
  });

  test('keeps to the keys that it was added with, whatever becomes of their file and of what the repository brings', async () => {
    const place = await makePlace();
    await add(place);
    writeFileSync(place.keys, allowed(mallory));
    await place.repo.git(['config', 'gpg.ssh.allowedSignersFile', place.keys]);
    await signAs(place.repo, mallory);
    await place.repo.commit({ 'db.yaml': PROFILE.replace('bastion', 'evil'), allowed_signers: allowed(mallory), known_hosts: '' });
    writeFileSync(
      join(place.here.home, '.gitconfig'),
      `[gpg "ssh"]\n\tallowedSignersFile = ${place.keys}\n\tprogram = true\n[gpg]\n\tprogram = true\n`,
    );
    expect((await update(place)).code).toBe(4);
    expect(await hopOf(place)).toEqual(['bastion']);
  });

  test('takes nothing new where the keys are gone', async () => {
    const place = await makePlace();
    await add(place);
    rmSync(join(place.here.home, 'sources', 'acme', 'signers'), { recursive: true });
    await change(place, 'gw');
    expect((await update(place)).code).toBe(4);
    expect(await hopOf(place)).toEqual(['bastion']);
  });

  test('does not go back to an older state by itself, though that was signed too', async () => {
    const place = await makePlace();
    await add(place);
    await change(place, 'gw');
    await update(place);
    await place.repo.git(['reset', '--quiet', '--hard', 'HEAD~1']);
    const updated = await update(place);
    expect([updated.code, updated.out]).toEqual([0, expect.stringContaining('which is older than')]);
    expect(updated.err).toContain('it was moved back to an older state');
    expect(await hopOf(place)).toEqual(['gw']);
    const asked = await run(place.here, 'profiles', 'trust', '--source', 'acme');
    expect([asked.code, asked.err]).toEqual([
      4,
      expect.stringMatching(/^! With it acme moves from \w{10} to \w{10}, 1 commit older than/m),
    ]);
    expect(await hopOf(place)).toEqual(['gw']);
    expect((await run(place.here, 'profiles', 'trust', '--source', 'acme', '--yes')).code).toBe(0);
    expect(await hopOf(place)).toEqual(['bastion']);
  });

  test('does not go by a detour to what leaves a signed change out', async () => {
    const place = await makePlace();
    await add(place);
    await change(place, 'gw');
    await update(place);
    await place.repo.git(['reset', '--quiet', '--hard', 'HEAD~1']);
    await update(place);
    await change(place, 'detour');
    const updated = await update(place);
    expect([updated.code, updated.err]).toEqual([0, expect.stringContaining('does not follow')]);
    expect(await hopOf(place)).toEqual(['gw']);
  });

  test('is not used where a person takes the trust back, until it is given again', async () => {
    const place = await makePlace();
    await add(place);
    await run(place.here, 'profiles', 'untrust', 'db');
    expect(await hopOf(place)).toBeNull();
    await change(place, 'gw');
    await update(place);
    expect(await hopOf(place)).toBeNull();
    await run(place.here, 'profiles', 'trust', 'db', '--yes');
    expect(await hopOf(place)).toEqual(['gw']);
  });

  test.each([
    ['that are not there', () => 'nowhere', 'neither a file'],
    ['as a .pub file has them', ({ here }: Place) => written(here, `${ann.publicLine}\n`), 'the one who it is of'],
    ['in a file of other things', ({ here }: Place) => written(here, 'hello world\n'), 'no keys'],
  ])('needs keys that can be used, not %s', async (_title, keysOf, words) => {
    const place = await makePlace();
    const added = await add({ ...place, keys: keysOf(place) });
    expect([added.code, added.err]).toEqual([2, expect.stringContaining(words)]);
    expect((await run(place.here, 'profiles', 'remove', 'acme')).code).toBe(2);
  });

  test('is a git repository', async () => {
    const { here, keys } = await makePlace();
    const added = await run(here, 'profiles', 'add', 'acme', dir, '--require-signed', keys);
    expect([added.code, added.err]).toEqual([2, expect.stringContaining('--require-signed')]);
  });
});

function written({ home }: World, text: string): string {
  writeFileSync(join(home, 'keys'), text);
  return join(home, 'keys');
}

const hasGpg = (await runProgram('gpg', ['--version']).catch(() => ({ code: 1 }))).code === 0;

describe.runIf(hasGpg)('a source whose commits have to be signed by OpenPGP', () => {
  type Gnupg = { readonly home: string; readonly fingerprint: string; readonly publicKey: string };

  /** A keyring with one key of its own. */
  async function makeGnupg(): Promise<Gnupg> {
    const home = tempDir('gpg');
    const gpg = (...args: string[]) => must('gpg', ['--homedir', home, '--batch', '--quiet', ...args]);
    onTestFinished(async () => void (await runProgram('gpgconf', ['--homedir', home, '--kill', 'all'])));
    await gpg('--passphrase', '', '--pinentry-mode', 'loopback', '--quick-gen-key', 'Ann <ann@example.com>', 'ed25519', 'sign', 'never');
    const [, fingerprint = ''] = /^fpr:+([0-9A-F]+):/m.exec(await gpg('--with-colons', '--list-keys')) ?? [];
    return { home, fingerprint, publicKey: await gpg('--armor', '--export') };
  }

  async function signByGpg({ repo }: Place, { home, fingerprint }: Gnupg): Promise<void> {
    const program = join(repo.dir, '.git', 'gpg-of-ann');
    writeFileSync(program, `#!/bin/sh\nexec gpg --homedir '${home}' --batch "$@"\n`, { mode: 0o755 });
    for (const [key, value] of [
      ['commit.gpgsign', 'true'],
      ['gpg.format', 'openpgp'],
      ['gpg.program', program],
      ['user.signingkey', fingerprint],
    ])
      await repo.git(['config', key ?? '', value ?? '']);
  }

  test('is trusted by a key from a file, and not by another, nor by one that is only in the keyring', async () => {
    const [place, key, stranger] = [await makePlace(), await makeGnupg(), await makeGnupg()];
    await signByGpg(place, key);
    await change(place, 'gw');
    expect((await add({ ...place, keys: written(place.here, key.publicKey) })).code).toBe(0);
    expect(await hopOf(place)).toEqual(['gw']);
    place.here.env['GNUPGHOME'] = stranger.home;
    await signByGpg(place, stranger);
    await change(place, 'evil');
    expect((await update(place)).code).toBe(4);
    await signAs(place.repo, mallory);
    await change(place, 'evil');
    const refused = await update(place);
    // That we have taken the programs of other signatures away is no trouble that a person could end.
    expect([refused.code, refused.err.includes('cannot run')]).toEqual([4, false]);
    expect(await hopOf(place)).toEqual(['gw']);
  });

  test('is trusted by a key of the keyring that is named by its fingerprint', async () => {
    const [place, key] = [await makePlace(), await makeGnupg()];
    await signByGpg(place, key);
    await change(place, 'gw');
    place.here.env['GNUPGHOME'] = key.home;
    expect((await add({ ...place, keys: 'A'.repeat(40) })).code).toBe(2);
    expect((await add({ ...place, keys: key.fingerprint })).code).toBe(0);
    expect(await hopOf(place)).toEqual(['gw']);
    expect(readFileSync(join(place.here.home, 'sources', 'acme', 'signers', 'gnupg', 'gpg.conf'), 'utf8')).toContain('no-autostart');
  });

  test('is no way around keys of ssh that were asked for', async () => {
    const [place, key] = [await makePlace(), await makeGnupg()];
    await add(place);
    place.here.env['GNUPGHOME'] = key.home;
    await signByGpg(place, key);
    await change(place, 'evil');
    expect((await update(place)).code).toBe(4);
    expect(await hopOf(place)).toEqual(['bastion']);
  });
});
