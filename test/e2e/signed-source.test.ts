import { chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTarget, type Target } from '../support/echo-server.ts';
import { type GitHttps, startGitHttps } from '../support/git-https.ts';
import { type GitRepo, makeRepo } from '../support/git-repo.ts';
import { type Key, makeKey } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { portOf, statusOf, untilTunnel } from '../support/status.ts';
import { tempDir } from '../support/temp-home.ts';
import { until } from '../support/until.ts';

const LOGIN = { user: 'ann', password: 'correct-horse' };

/** The supervisor looks about once a minute whether a source is due; here a minute of its waits takes a few hundredths of a second. */
const HURRY = `--import=data:text/javascript,${encodeURIComponent(
  'const set=globalThis.setTimeout;globalThis.setTimeout=(f,ms,...a)=>set(f,ms>=30000&&ms<=90000&&ms%1000!==0?ms/1000:ms,...a);',
)}`;

describe.runIf(isRoot)('a signed source behind a real HTTPS server, in the background of a tunnel that runs', () => {
  const here = {} as { lab: Lab; repo: GitRepo; server: GitHttps; echo: Target; other: Target; ann: Key; mallory: Key };

  beforeAll(async () => {
    const keys = tempDir('sig');
    const [ann, mallory] = await Promise.all([makeKey(keys, { name: 'ann' }), makeKey(keys, { name: 'mallory' })]);
    const [lab, repo, echo, other] = await Promise.all([makeLab(), makeRepo(), startTarget(), startTarget()]);
    const server = await startGitHttps(repo, LOGIN);
    Object.assign(here, { lab, repo, server, echo, other, ann, mallory });
    const helper = `!f() { echo username=${LOGIN.user}; echo password=${LOGIN.password}; }; f`;
    const authority = lab.home.write('ca.pem', readFileSync(server.authority, 'utf8'));
    lab.home.write('.gitconfig', `[credential]\n\thelper = "${helper}"\n[http "${server.origin}"]\n\tsslCAInfo = ${authority}\n`);
    lab.home.write('signers', `ann@example.com namespaces="git" ${ann.publicLine}\n`);
    await repo.git(['config', 'gpg.format', 'ssh']);
    await repo.git(['config', 'commit.gpgsign', 'true']);
    await signAs(ann);
    lab.cli.spawn(['supervisor', 'run'], { env: { NODE_OPTIONS: HURRY } });
    await until(async () => (await lab.cli.run(['status'])).code === 0, { what: 'the supervisor' });
  });
  afterAll(async () => {
    await here.lab?.dispose();
    await Promise.all([here.server?.stop(), here.echo?.stop(), here.other?.stop()]);
  });

  const signAs = (key: Key): Promise<string> => here.repo.git(['config', 'user.signingkey', `${key.path}.pub`]);
  const db = (forwards: readonly string[], more = ''): string =>
    `${here.lab.oneHop}forwards:\n${['pg', ...forwards].map((name) => `  - { name: ${name}, local: 0, to: "${here.echo.to}" }\n`).join('')}${more}`;

  type Source = { readonly latest: string; readonly inUse: string; readonly fetchedAt: string; readonly trouble: { code: string } | null };
  const source = async (): Promise<Source | undefined> =>
    (await here.lab.cli.run(['profiles', 'list', '--json'])).json<{ sources: Source[] }>().sources[0];

  /** An hour passes, as far as the source is concerned: it was tried long ago. */
  function letItBeDue(): void {
    const file = join(here.lab.home.tunnelsHome, 'sources/team/fetched.json');
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { value: object };
    writeFileSync(`${file}.due`, JSON.stringify({ ...kept, value: { ...kept.value, triedAt: null } }));
    chownSync(`${file}.due`, here.lab.user.uid, here.lab.user.gid);
    renameSync(`${file}.due`, file);
  }

  /** Lets the supervisor fetch by itself, until the list says of the source what is wanted. */
  async function fetched(wanted: Partial<Source>): Promise<void> {
    letItBeDue();
    await until(async () => expect.objectContaining(wanted).asymmetricMatch(await source()), {
      what: JSON.stringify(wanted),
      withinMs: 60_000,
    });
  }

  const names = async (): Promise<string> => (await statusOf(here.lab.cli, 'db')).forwards.map(({ name }) => name).join(' ');

  async function echoes(socket: Socket, text: string): Promise<void> {
    socket.write(text);
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(String(data)).toBe(text);
  }

  test('a year of signed changes reaches it with nobody asked, and a connection that is open goes on', async () => {
    const { lab, repo, server } = here;
    const { cli } = lab;
    await repo.commit({ known_hosts: lab.bastion.knownHostsLine(), 'db.yaml': db([]) });
    const added = await cli.run(['profiles', 'add', 'team', server.url, '--require-signed', join(lab.home.home, 'signers')]);
    expect(added.code, added.stderr).toBe(0);
    const up = await cli.run(['up', 'db', '--wait', '30']);
    expect(up.code, up.stderr).toBe(0);
    const first = await statusOf(cli, 'db');
    const open = connect({ host: '127.0.0.1', port: portOf(first, 'pg') });
    await echoes(open, 'january\n');

    const year: readonly (readonly [Readonly<Record<string, string | null>>, string])[] = [
      [{ 'db.yaml': db([], 'description: Ours\n') }, 'pg'],
      [{ 'db.yaml': db(['feb']) }, 'pg feb'],
      [{ 'README.md': 'For all of us.' }, 'pg feb'],
      [{ 'db.yaml': db(['feb', 'apr']) }, 'pg feb apr'],
      [{ '_defaults.yaml': 'hold: 5s\n' }, 'pg feb apr'],
      [{ 'db.yaml': db(['apr']) }, 'pg apr'],
      [{ 'web.yaml': db(['web']) }, 'pg apr'],
      [{ '_defaults.yaml': null }, 'pg apr'],
      [{ 'web.yaml': null }, 'pg apr'],
      [{ 'db.yaml': db(['apr', 'oct'], 'groups: [daily]\n') }, 'pg apr oct'],
      [{ 'db.yaml': db(['oct', 'apr']) }, 'pg oct apr'],
      [{ 'db.yaml': db(['dec']) }, 'pg dec'],
    ];
    for (const [change, wanted] of year) {
      await fetched({ inUse: await repo.commit(change), trouble: null });
      await untilTunnel(cli, 'db', ({ state, forwards }) => state === 'up' && forwards.map(({ name }) => name).join(' ') === wanted);
    }
    await echoes(open, 'december\n');
    open.destroy();
    expect(await statusOf(cli, 'db')).toMatchObject({
      since: first.since,
      reconnects: 0,
      forwards: [{ since: first.forwards[0]?.since }, {}],
    });
    expect(server.asked.filter((path) => path.endsWith('git-upload-pack')).length).toBeGreaterThan(year.length);
  });

  test('what another key has signed never reaches it, and the list says so', async () => {
    const { repo, lab, mallory, ann } = here;
    const before = (await source())?.inUse;
    await signAs(mallory);
    await repo.commit({ 'db.yaml': db(['evil']) });
    await fetched({ inUse: before ?? '', trouble: expect.objectContaining({ code: 'source-signature' }) as never });
    expect(await names()).toBe('pg dec');
    expect((await lab.cli.run(['list'])).stderr).toContain('not signed by any of the keys');
    await signAs(ann);
    await repo.git(['reset', '--quiet', '--hard', 'HEAD~1']);
  });

  test('a branch that is moved back to an older signed commit changes nothing either, and is said to be', async () => {
    const { repo, lab } = here;
    const before = (await source())?.inUse;
    await repo.git(['reset', '--quiet', '--hard', 'HEAD~2']);
    const old = await repo.git(['rev-parse', 'HEAD']);
    await fetched({ latest: old, inUse: before ?? '', trouble: null });
    expect((await lab.cli.run(['list'])).stderr).toMatch(/team: it was moved back to an older state .*2 commits older/);
    expect((await lab.cli.run(['reload', '--all'])).code).toBe(0);
    expect(await names()).toBe('pg dec');
  });
});
