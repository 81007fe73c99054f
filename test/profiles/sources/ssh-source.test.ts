import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitRepo, makeRepo } from '../../support/git-repo.ts';
import { type Key, makeKey } from '../../support/keys.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { makePlace, type Place, PROFILE } from './place.ts';

describe('a repository behind a real sshd', () => {
  let [sshd, repo, key]: [Sshd, GitRepo, Key] = [] as never;

  beforeAll(async () => {
    const place = makePlace();
    [sshd, repo, key] = await Promise.all([startSshd(), makeRepo(), makeKey(place.home)]);
    sshd.authorize(key.publicLine);
    await repo.commit({ 'db.yaml': PROFILE });
  });
  afterAll(() => sshd.stop());

  const url = (): string => `ssh://${sshd.user}@${sshd.host}:${sshd.port}${repo.dir}`;

  /** ssh as a person has set it up, with a known_hosts of our own. */
  function placeWith({ knows = true, has = true }: { readonly knows?: boolean; readonly has?: boolean }): Place {
    const place = makePlace();
    const knownHosts = join(place.home, 'known_hosts');
    writeFileSync(knownHosts, knows ? sshd.knownHostsLine() : '');
    const options = [`UserKnownHostsFile=${knownHosts}`, 'GlobalKnownHostsFile=/dev/null', 'IdentitiesOnly=yes', 'IdentityAgent=none'];
    const identity = has ? key.path : '/dev/null';
    place.env['GIT_SSH_COMMAND'] = `ssh -F /dev/null -i ${identity} ${options.map((option) => `-o ${option}`).join(' ')}`;
    return place;
  }

  const code = (wanted: string, said: string) =>
    expect.objectContaining({
      problem: { code: wanted, facts: expect.objectContaining({ name: 'team', said: expect.stringContaining(said) }) },
    });

  test("is fetched with git's own ssh and key, and again when there is something new", async () => {
    const place = placeWith({});
    const { id } = await place.update(url());
    expect(place.files()).toEqual({ 'db.yaml': PROFILE });
    expect((await place.update(url())).id).toBe(id);
    const next = await repo.commit({ 'web.yaml': PROFILE });
    expect(await place.update(url())).toMatchObject({ id: next, way: { follows: 'yes', commits: 1 } });
  });

  test('that does not let the person in is told so with its words, and asks nobody', async () => {
    await expect(placeWith({ has: false }).update(url())).rejects.toThrow(code('source-login-refused', 'Permission denied'));
  });

  test('whose host key is not known gives nothing, and the key is not accepted', async () => {
    const place = placeWith({ knows: false });
    await expect(place.update(url())).rejects.toThrow(code('source-host-key', 'Host key verification failed'));
    await expect(place.update(url())).rejects.toThrow(code('source-host-key', ''));
    expect(place.files()).toEqual({});
  });

  test("that is not there is told with git's words and leaves what is here", async () => {
    const place = placeWith({});
    await place.update(url());
    await expect(place.update(`${url()}x`)).rejects.toThrow(code('source-not-fetched', 'fatal:'));
    expect(place.files()).toHaveProperty('db.yaml');
  });
});
