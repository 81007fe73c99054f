import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHttps, startGitHttps } from '../../support/git-https.ts';
import { type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { must } from '../../support/run.ts';
import { makePlace, type Place, PROFILE } from './place.ts';

const LOGIN = { user: 'ann', password: 'correct-horse' };
const code = (wanted: string) =>
  expect.objectContaining({ problem: { code: wanted, facts: expect.objectContaining({ name: 'team' }) as object } });

describe('a repository behind a real HTTPS server that asks for a login', () => {
  let [server, repo]: [GitHttps, GitRepo] = [] as never;

  beforeAll(async () => {
    repo = await makeRepo();
    await repo.commit({ 'db.yaml': PROFILE });
    server = await startGitHttps(repo, LOGIN);
  });
  afterAll(() => server.stop());

  const url = (): string => server.url;

  /** A person whose git believes the server, and whose credential helper knows this password. */
  function placeWith(password: string | null): Place {
    const place = makePlace();
    place.env['GIT_SSL_CAINFO'] = server.authority;
    const helper = `!f() { echo username=${LOGIN.user}; echo password=${password}; }; f`;
    if (password !== null) writeFileSync(join(place.home, '.gitconfig'), `[credential]\n\thelper = "${helper}"\n`);
    return place;
  }

  test("is fetched with git's own credentials, and again when there is something new", async () => {
    const place = placeWith(LOGIN.password);
    const { id } = await place.update(url());
    expect(place.files()).toEqual({ 'db.yaml': PROFILE });
    expect((await place.update(url())).id).toBe(id);
    const next = await repo.commit({ 'web.yaml': PROFILE });
    expect(await place.update(url())).toMatchObject({ id: next, way: { follows: 'yes', commits: 1 } });
  });

  test.each([
    ['a password that is wrong', 'wrong'],
    ['no helper, and nobody there to be asked', null],
  ])('gives nothing to %s', async (_title, password) => {
    const place = placeWith(password);
    await expect(place.update(url())).rejects.toThrow(code('source-login-refused'));
    expect(place.files()).toEqual({});
  });

  test('of a certificate that nobody vouches for gives nothing, and gets no password', async () => {
    const place = placeWith(LOGIN.password);
    place.env['GIT_SSL_CAINFO'] = undefined;
    const before = server.asked.length;
    await expect(place.update(url())).rejects.toThrow(code('source-git-certificate'));
    expect([place.files(), server.asked.length]).toEqual([{}, before]);
    // What the problem says to do is what helps.
    await must('git', ['config', '--file', join(place.home, '.gitconfig'), `http.${server.origin}/.sslCAInfo`, server.authority]);
    await place.update(url());
    expect(place.files()).toMatchObject({ 'db.yaml': PROFILE });
  });
});
