import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Keyboard } from '../../../src/cli/keyboard.ts';
import { pathsFor } from '../../../src/platform/paths.ts';
import { inUse } from '../../../src/profiles/sources/pins.ts';
import { gitEnv, type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { startHttps } from '../../support/https-server.ts';
import { makeWorld, type Ran, run, type World } from '../fake-given.ts';

const profile = (hop = 'bastion', port = 15432): string => `hops: [${hop}]\nforwards: [{ name: pg, local: ${port}, to: "db:5432" }]\n`;

type Place = { readonly here: World; readonly repo: GitRepo; tunnels(...argv: string[]): Promise<Ran>; inUse(): string | undefined };

/** A team's repository with db and web, of which both are trusted. */
async function makePlace(): Promise<Place> {
  const [here, repo] = [makeWorld({ tty: true }), await makeRepo()];
  here.env = gitEnv(here.home);
  const tunnels = (...argv: string[]) => run(here, ...argv);
  await repo.commit({ 'db.yaml': profile(), 'web.yaml': profile('bastion', 8080) });
  await tunnels('profiles', 'add', 'acme', repo.url);
  await tunnels('profiles', 'trust', '--source', 'acme', '--yes');
  return { here, repo, tunnels, inUse: () => inUse(pathsFor({ TUNNELS_HOME: here.home }), 'acme')?.id };
}

const answering = (answer: string): Keyboard => ({ ask: async () => answer });
const comesUp = async ({ tunnels }: Place, name: string): Promise<boolean> => (await tunnels('up', name, '--no-wait')).code === 0;
const hopOf = ({ here }: Place): unknown => here.requests.at(-1)?.request.profile['hops'];

describe("an update of a team's repository", () => {
  test('is in use once it is trusted, and what it changes is shown before', async () => {
    const place = await makePlace();
    const { here, repo, tunnels } = place;
    const before = place.inUse();
    const id = await repo.commit({ 'db.yaml': profile('evil') });
    await tunnels('profiles', 'update');
    expect(await comesUp(place, 'db')).toBe(true);
    expect(hopOf(place)).toEqual(['bastion']);
    here.keyboard = answering('n');
    const declined = await tunnels('profiles', 'trust', 'db');
    expect([declined.code, declined.out]).toEqual([4, expect.stringContaining('? + logs you in on evil')]);
    expect(declined.err).toContain(`acme moves from ${before?.slice(0, 10)} to ${id.slice(0, 10)}`);
    expect([place.inUse(), await comesUp(place, 'db'), hopOf(place)]).toEqual([before, true, ['bastion']]);
    here.keyboard = answering('y');
    expect((await tunnels('profiles', 'trust', 'db')).code).toBe(0);
    expect([place.inUse(), await comesUp(place, 'db'), hopOf(place)]).toEqual([id, true, ['evil']]);
    expect(await comesUp(place, 'web')).toBe(true);
  });

  test('tells of what else it changes that is trusted, and does not trust that along', async () => {
    const place = await makePlace();
    await place.repo.commit({ 'db.yaml': profile('gw'), 'web.yaml': profile('evil', 8080), 'new.yaml': profile('gw', 9000) });
    await place.tunnels('profiles', 'update');
    const trusted = await place.tunnels('profiles', 'trust', 'db', '--yes');
    expect(trusted.err).toMatch(/trust until now and then have to look at: web$/m);
    expect([await comesUp(place, 'db'), await comesUp(place, 'web'), await comesUp(place, 'new')]).toEqual([true, false, false]);
  });

  test('can be trusted as a whole, new profiles and those that are gone included', async () => {
    const place = await makePlace();
    const id = await place.repo.commit({ 'db.yaml': null, 'new.yaml': profile('gw', 9000) });
    await place.tunnels('profiles', 'update');
    expect((await place.tunnels('list')).err).toContain('tunnels profiles trust --source acme');
    expect((await place.tunnels('profiles', 'trust', '--source', 'acme', '--yes')).code).toBe(0);
    expect([place.inUse(), await comesUp(place, 'new'), await comesUp(place, 'db')]).toEqual([id, true, false]);
    expect((await place.tunnels('list')).err).not.toContain('update');
  });

  test('of a branch that was moved to another history is asked about like any other, and is not in use before', async () => {
    const place = await makePlace();
    await place.repo.git(['checkout', '--quiet', '--orphan', 'other']);
    await place.repo.commit({ 'db.yaml': profile('evil') });
    await place.repo.git(['branch', '--force', 'main', 'other']);
    await place.repo.git(['checkout', '--quiet', 'main']);
    await place.tunnels('profiles', 'update');
    expect([await comesUp(place, 'db'), hopOf(place)]).toEqual([true, ['bastion']]);
    expect((await place.tunnels('profiles', 'trust', 'db')).out).toContain('? + logs you in on evil');
    expect([await comesUp(place, 'db'), hopOf(place)]).toEqual([true, ['bastion']]);
  });

  test('of which one file is broken is trusted for all others, and the broken one is told', async () => {
    const place = await makePlace();
    const id = await place.repo.commit({ 'db.yaml': 'hops: []\n', 'web.yaml': profile('gw', 8080), 'new.yaml': profile('gw', 9000) });
    await place.tunnels('profiles', 'update');
    const trusted = await place.tunnels('profiles', 'trust', '--source', 'acme', '--yes');
    expect([trusted.code, trusted.err]).toEqual([0, expect.stringContaining('db.yaml:1:')]);
    expect(trusted.err).toMatch(/then have to look at: db$/m);
    expect([place.inUse(), await comesUp(place, 'web'), await comesUp(place, 'new'), await comesUp(place, 'db')]).toEqual([
      id,
      true,
      true,
      false,
    ]);
  });

  test('is one of a source that there is', async () => {
    const place = await makePlace();
    expect((await place.tunnels('profiles', 'trust', '--source', 'acne')).code).toBe(2);
    expect((await place.tunnels('profiles', 'trust')).code).toBe(2);
  });
});

/** Where two people get db from, and where it is changed. */
type Shared = { readonly url: string; readonly env: Readonly<Record<string, string>>; publish(text: string): Promise<unknown> };

async function ofGit(): Promise<Shared> {
  const repo = await makeRepo();
  return { url: repo.url, env: {}, publish: (text) => repo.commit({ 'db.yaml': text }) };
}

async function ofHttps(): Promise<Shared> {
  const served = { text: '' };
  const etag = (): string => `"${createHash('sha256').update(served.text).digest('hex')}"`;
  const server = await startHttps((request, response) => {
    if (request.headers['if-none-match'] === etag()) response.writeHead(304).end();
    else response.writeHead(200, { etag: etag() }).end(served.text);
  });
  onTestFinished(() => server.stop());
  const env = { NODE_EXTRA_CA_CERTS: server.authority };
  return { url: `${server.origin}/db.yaml`, env, publish: async (text) => void (served.text = text) };
}

describe('a year of changes of one source, for two people', () => {
  test.each([
    ['git', ofGit],
    ['a real HTTPS server', ofHttps],
  ])('by %s leaves each with what they have trusted, and in the end with the same', async (_way, make) => {
    const [ann, bob] = [makeWorld(), makeWorld()];
    const shared = await make();
    await shared.publish(profile('month0'));
    for (const here of [ann, bob]) {
      here.env = { ...gitEnv(here.home), ...shared.env };
      await run(here, 'profiles', 'add', 'acme', shared.url);
      await run(here, 'profiles', 'trust', 'db', '--yes');
    }
    const hop = async (here: World): Promise<unknown> => {
      expect((await run(here, 'up', 'db', '--no-wait')).code).toBe(0);
      return here.requests.at(-1)?.request.profile['hops'];
    };
    for (let month = 1; month <= 12; month += 1) {
      await shared.publish(profile(`month${month}`));
      for (const here of [ann, bob]) await run(here, 'profiles', 'update');
      await run(ann, 'profiles', 'trust', 'db', '--yes');
      expect([await hop(ann), await hop(bob)]).toEqual([[`month${month}`], ['month0']]);
    }
    const caught = await run(bob, 'profiles', 'trust', 'db', '--yes');
    expect(caught.out).toMatch(/^\? \+ logs you in on month12 [^]*^ {2}- logs you in on month0 /m);
    expect([await hop(ann), await hop(bob)]).toEqual([['month12'], ['month12']]);
  });
});
