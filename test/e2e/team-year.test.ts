import { chownSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { type GitRepo, makeRepo } from '../support/git-repo.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { isRoot } from '../support/run.ts';
import { type Cli, type CliRan, makeCli } from '../support/run-cli.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { portOf, statusOf, untilTunnel } from '../support/status.ts';
import { type TempHome, tempHome } from '../support/temp-home.ts';
import { makeUser } from '../support/users.ts';

/** Somebody of the team: an account of the machine with a key of their own, which both servers let in. */
type Person = { readonly user: Awaited<ReturnType<typeof makeUser>>; readonly home: TempHome; readonly key: Key; readonly cli: Cli };
type Change = Readonly<Record<string, string | null>>;

describe.runIf(isRoot)('two people of one machine, with one repository behind a real sshd', () => {
  const here = {} as { git: Sshd; gateway: Sshd; repo: GitRepo; old: Target; now: Target; ann: Person; bob: Person };

  beforeAll(async () => {
    const [git, gateway, repo] = await Promise.all([startSshd(), startSshd(), makeRepo()]);
    const [old, now] = await Promise.all([startTarget(), startTarget({ behaviour: 'greet-then-close' })]);
    Object.assign(here, { git, gateway, repo, old, now });
    for (const name of ['ann', 'bob'] as const) here[name] = await person();
    await repo.commit({
      known_hosts: gateway.knownHostsLine(),
      '_gateway.yaml': `variables: { login: ~ }\nhops: [{ host: "${gateway.host}", port: ${gateway.port}, user: "\${login}" }]\n`,
      'db.yaml': db(old),
    });
  });
  afterAll(async () => {
    for (const { cli } of [here.ann, here.bob]) await cli?.dispose();
    await Promise.all([here.git?.stop(), here.gateway?.stop(), here.old?.stop(), here.now?.stop()]);
    for (const { user } of [here.ann, here.bob]) await user?.remove();
  });

  /** Only ssh's own files say how git logs in; of the gateway they know nothing, and the profile is the same for all. */
  async function person(): Promise<Person> {
    const { git, gateway } = here;
    const user = await makeUser();
    const home = tempHome({ owner: user, at: user.home });
    const key = await makeKey(join(home.home, '.ssh'));
    for (const path of [key.path, `${key.path}.pub`]) chownSync(path, user.uid, user.gid);
    git.authorize(key.publicLine);
    gateway.authorize(key.publicLine, { user: user.name });
    home.write('.ssh/known_hosts', git.knownHostsLine());
    home.write('h/overrides.yaml', `profiles: { db: { variables: { login: ${user.name} } } }\n`);
    return { user, home, key, cli: await makeCli({ home, as: user }) };
  }

  const forward = (name: string, to: Target, where = 'local: 0'): string => `  - { name: ${name}, ${where}, to: "${to.to}" }\n`;
  const db = (to: Target, more = ''): string => `extends: _gateway\nforwards:\n${forward('pg', to)}${more}`;
  const succeeds = async ({ cli }: Person, ...args: string[]): Promise<CliRan> => {
    const ran = await cli.run(args);
    expect([args, ran.code, ran.stderr]).toEqual([args, 0, ran.stderr]);
    return ran;
  };
  const inUse = async ({ cli }: Person): Promise<unknown> =>
    (await cli.run(['profiles', 'list', '--json'])).json<{ sources: { inUse: unknown }[] }>().sources[0]?.inUse;
  const listening = async ({ cli }: Person, wanted: string): Promise<void> =>
    void (await untilTunnel(
      cli,
      'db',
      ({ forwards }) => forwards.map(({ name, state }) => (state === 'listening' ? name : state)).join(' ') === wanted,
    ));

  /** What comes first through the forward pg: of the old target what was sent, of the new one its greeting. */
  async function through({ cli }: Person): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: portOf(await statusOf(cli, 'db'), 'pg') });
    socket.write('mine\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    return String(first);
  }

  test('each is logged in as themselves, with a server that the repository names, once they have trusted it', async () => {
    const { git, gateway, repo, ann, bob } = here;
    for (const each of [ann, bob]) {
      await succeeds(each, 'profiles', 'add', 'team', `ssh://${git.user}@${git.host}:${git.port}${repo.dir}`);
      expect((await each.cli.run(['up', 'db'])).code).toBe(4);
      await succeeds(each, 'profiles', 'trust', 'db', '--yes');
      await succeeds(each, 'up', 'db', '--wait', '30');
      expect(await through(each)).toBe('mine\n');
      expect(gateway.log()).toContain(`Accepted publickey for ${each.user.name} `);
    }
  });

  test('a year of changes reaches who trusts each of them, and never who trusts none, whose tunnel goes on', async () => {
    const { ann, bob, repo, old, now, gateway } = here;
    const first = await inUse(bob);
    const since = (await statusOf(bob.cli, 'db')).forwards[0]?.since;
    const year: readonly Change[] = [
      { 'db.yaml': `description: Ours\n${db(old)}` },
      { '_defaults.yaml': 'keepalive: { interval: 20s }\n' },
      { 'web.yaml': `extends: _gateway\nvariables: { login: root }\nforwards:\n${forward('web', now)}` },
      { 'db.yaml': db(old, forward('more', now)) },
      { known_hosts: `# of the team\n${gateway.knownHostsLine()}` },
      { 'web.yaml': null },
      { 'db.yaml': `groups: [daily]\n${db(old, forward('more', now))}` },
      { '_defaults.yaml': null },
      { 'db.yaml': db(old, forward('public', now, 'local: "0.0.0.0:0", public: true')) },
      { 'db.yaml': db(now) },
      { 'teams/own.yaml': db(now) },
      { 'db.yaml': db(now, '  - { name: socks, dynamic: 0 }\n') },
    ];
    for (const change of year) {
      const id = await repo.commit(change);
      await Promise.all([ann, bob].map((each) => succeeds(each, 'profiles', 'update')));
      await succeeds(ann, 'profiles', 'trust', '--source', 'team', '--yes');
      expect([await inUse(ann), await inUse(bob)]).toEqual([id, first]);
    }
    await listening(ann, 'pg socks');
    await listening(bob, 'pg');
    expect([await through(ann), await through(bob)]).toEqual(['hello\n', 'mine\n']);
    expect((await statusOf(bob.cli, 'db')).forwards[0]?.since).toBe(since);
  });

  test('who comes back after the year sees what is different at once, and then has the same as the other', async () => {
    const { ann, bob, old, now } = here;
    const caught = await succeeds(bob, 'profiles', 'trust', 'db', '--yes');
    for (const line of [' + pg: listens', `leads to ${now.to}`, ' - pg: listens', `leads to ${old.to}`])
      expect(caught.stdout).toContain(line);
    expect(await inUse(bob)).toBe(await inUse(ann));
    await listening(bob, 'pg socks');
    expect(await through(bob)).toBe('hello\n');
  });
});
