import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Keyboard } from '../../../src/cli/keyboard.ts';
import { makeWorld, run, tunnel, type World } from '../fake-given.ts';

const PROFILE = 'hops: [bastion]\nforwards:\n  - name: postgres\n    local: 15432\n    to: db.internal:5432\n';

/** A repository with one profile, `team`. */
function repository(text = PROFILE, changes: Partial<World> = {}) {
  const world = makeWorld(changes);
  for (const folder of ['.git', '.tunnels']) mkdirSync(join(world.home, folder));
  const file = join(world.home, '.tunnels', 'team.yaml');
  writeFileSync(file, text);
  return { world, file, folder: join(world.home, '.tunnels') };
}

type Asked = { readonly questions: string[]; readonly keyboard: Keyboard };

/** Somebody who answers; `meanwhile` happens while they read. */
function person(answer: string | null, meanwhile = (): void => {}): Asked {
  const questions: string[] = [];
  const ask: Keyboard['ask'] = async (text) => {
    questions.push(text);
    meanwhile();
    return answer;
  };
  return { questions, keyboard: { ask } };
}

const trust = (world: World, ...more: string[]) => run(world, 'profiles', 'trust', 'team', ...more);
const comesUp = async (world: World): Promise<boolean> => (await run(world, 'up', 'team', '--no-wait')).code === 0;

describe("a repository's profile", () => {
  test('comes up only as it was when it was trusted', async () => {
    const { world, file } = repository();
    const refused = await run(world, 'up', 'team');
    expect([refused.code, refused.err.includes('tunnels profiles trust team')]).toEqual([4, true]);
    const trusted = await trust(world, '--yes');
    expect([trusted.code, trusted.err]).toEqual([0, '']);
    expect(trusted.out).toContain(
      'postgres: listens on this machine at 127.0.0.1:15432 and leads to db.internal:5432, reached from bastion',
    );
    appendFileSync(file, '# a change\n');
    expect((await run(world, 'up', 'team')).code).toBe(4);
    expect(world.calls).toEqual([]);
    expect((await trust(world, '--yes')).out).toContain('does what it did when you trusted it');
    expect(await comesUp(world)).toBe(true);
    expect((await run(world, 'profiles', 'untrust', 'team')).code).toBe(0);
    expect(await comesUp(world)).toBe(false);
  });

  test('is said to be trusted no more, and which tunnels go on', async () => {
    const { world, file } = repository();
    await trust(world, '--yes');
    world.supervisor = { tunnels: [tunnel({ name: 'team', origin: file }), tunnel({ name: 'db', origin: 'command line' })] };
    const { code, out, err } = await run(world, 'profiles', 'untrust', 'team');
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('team: not trusted any more');
    expect(err).toMatch(/^team stays up .*: tunnels down team$/m);
    expect((await run(world, 'profiles', 'untrust', 'team', '--json')).json()).toMatchObject({ untrusted: [file], running: ['team'] });
  });

  test('of the person needs no trust, so none is taken back', async () => {
    const world = makeWorld();
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'own.yaml'), PROFILE);
    expect((await run(world, 'profiles', 'untrust', 'own')).err).toContain('own: your own profile, which needs no trust');
    expect((await run(world, 'up', 'own', '--no-wait')).code).toBe(0);
  });

  test('is not trusted by approvals that cannot be understood, which are kept aside when one is added', async () => {
    const { world } = repository();
    writeFileSync(join(world.home, 'approvals.json'), '{"torn');
    expect(await comesUp(world)).toBe(false);
    const trusted = await trust(world, '--yes');
    expect([trusted.code, trusted.err.includes('approvals.aside-')]).toEqual([0, true]);
    expect(readdirSync(world.home).filter((name) => name.startsWith('approvals.aside-'))).toHaveLength(1);
    expect(await comesUp(world)).toBe(true);
  });

  test('is trusted by nobody where nobody can be asked, and the flag is named', async () => {
    const { world } = repository();
    for (const more of [[], ['--json']]) {
      const asked = await trust(world, ...more);
      expect([asked.code, asked.err]).toEqual([4, expect.stringContaining('--yes')]);
    }
    expect(await comesUp(world)).toBe(false);
  });

  test.each([
    ['y', true],
    ['Yes', true],
    ['n', false],
    ['', false],
    ['yep', false],
    [null, false],
  ])('is asked about: %j', async (answer, expected) => {
    const { questions, keyboard } = person(answer);
    const { world } = repository(PROFILE, { keyboard, tty: true });
    const asked = await trust(world);
    expect(questions).toEqual(['Trust team as shown? [y/N] ']);
    expect(asked.out).toContain('leads to db.internal:5432');
    expect(asked.code).toBe(expected ? 0 : 4);
    expect(asked.err.includes('Trusted as shown: team')).toBe(expected);
    expect(await comesUp(world)).toBe(expected);
  });

  test('is shown to who is asked also where stdout goes elsewhere', async () => {
    const { world } = repository(PROFILE, { keyboard: person('y').keyboard });
    const asked = await trust(world);
    expect([asked.out, asked.err]).toEqual(['', expect.stringContaining('leads to db.internal:5432')]);
  });

  test('is approved as it was shown, whatever becomes of it while somebody reads', async () => {
    const evil = PROFILE.replace('bastion', 'evil');
    const { keyboard } = person('y', () => writeFileSync(file, evil));
    const { world, file } = repository(PROFILE, { keyboard, tty: true });
    const asked = await trust(world);
    expect([asked.code, asked.out.includes('evil')]).toEqual([0, false]);
    expect(await comesUp(world)).toBe(false);
    writeFileSync(file, PROFILE);
    expect(await comesUp(world)).toBe(true);
    expect(JSON.stringify(world.requests)).not.toContain('evil');
  });

  describe('from which trust is taken while somebody reads', () => {
    const untrust = (world: World) => run(world, 'profiles', 'untrust', 'team');

    /** Another terminal, in which trust is given and taken while the question of the first one stands. */
    const twoTerminals = (meanwhile: (world: World) => Promise<unknown>): World => {
      const ask: Keyboard['ask'] = async () => {
        await meanwhile(world);
        return 'y';
      };
      const { world } = repository(PROFILE, { keyboard: { ask }, tty: true });
      return world;
    };

    test.each([
      ['at once', untrust],
      ['after it was given there', async (world: World) => [await trust(world, '--yes'), await untrust(world)]],
    ])('is not trusted again by their answer: %s', async (_, meanwhile) => {
      const world = twoTerminals(meanwhile);
      const asked = await trust(world);
      expect([asked.code, asked.err]).toEqual([4, expect.stringContaining('Trust in team was changed elsewhere')]);
      expect(asked.err).not.toContain('Trusted as shown');
      expect(await comesUp(world)).toBe(false);
      expect((await trust(world, '--yes')).code).toBe(0);
      expect(await comesUp(world)).toBe(true);
    });

    test('and given again for what it said before, is not trusted as it is now', async () => {
      const world = twoTerminals(async (here) => {
        const newer = readFileSync(file(here), 'utf8');
        writeFileSync(file(here), PROFILE);
        await untrust(here);
        await trust(here, '--yes');
        writeFileSync(file(here), newer);
      });
      await trust(world, '--yes');
      writeFileSync(file(world), PROFILE.replace('bastion', 'evil'));
      expect((await trust(world)).code).toBe(4);
      expect(await comesUp(world)).toBe(false);
      writeFileSync(file(world), PROFILE);
      expect(await comesUp(world)).toBe(true);
    });

    test('is trusted where the other terminal trusts just the same', async () => {
      const world = twoTerminals((here) => trust(here, '--yes'));
      expect((await trust(world)).code).toBe(0);
      expect(await comesUp(world)).toBe(true);
    });

    const file = ({ home }: World): string => join(home, '.tunnels', 'team.yaml');
  });

  test('shows after a change what is different, with what is dangerous marked', async () => {
    const { world, file } = repository();
    await trust(world, '--yes');
    writeFileSync(
      file,
      `${PROFILE.replace('15432', "'0.0.0.0:15432'").replace('bastion', 'bastian')}  - { name: docker, remote: 2000, to: /var/run/docker.sock }\n`,
    );
    const { out } = await trust(world, '--yes');
    const lines = out.split('\n').map((line) => line.trimEnd());
    expect(lines.slice(1)).toEqual([
      '  has changed since you trusted it:',
      '? + logs you in on bastian as whom your ssh_config says',
      '  - postgres: listens on this machine at 127.0.0.1:15432 and leads to db.internal:5432, reached from bastion',
      '! + postgres: listens on this machine at 0.0.0.0:15432 and leads to db.internal:5432, reached from bastian',
      '      other machines can connect to it, not only the one that listens',
      '! + docker: makes /var/run/docker.sock, as this machine reaches it, reachable at 127.0.0.1:2000 on bastian',
      '      whoever connects to it can run programs as you or use your keys',
      '  - logs you in on bastion as whom your ssh_config says',
      '',
    ]);
  });

  test('marks what is dangerous in colour where there are colours', async () => {
    const { world } = repository(PROFILE.replace('15432', "'0.0.0.0:15432'"), { keyboard: person('n').keyboard, tty: true });
    expect((await trust(world)).out).toContain('\u001b[31m!');
  });

  test('says what it does as data', async () => {
    const { world, file } = repository(`${PROFILE}sshOptions: [ProxyCommand=evil]\n`);
    const document = JSON.parse((await trust(world, '--yes', '--json')).out) as { trusted: object[] };
    expect(document).toMatchObject({
      schemaVersion: 1,
      trusted: [
        {
          name: 'team',
          file,
          changes: null,
          deeds: [
            { kind: 'login', facts: { host: 'bastion', as: null }, danger: 'none', path: ['hops', 0] },
            { kind: 'listen-here', danger: 'none', path: ['forwards', 0] },
            { kind: 'ssh-option', facts: { key: 'ProxyCommand', value: 'evil' }, danger: 'danger', reasons: ['runs-command'] },
          ],
        },
      ],
    });
  });

  test('is not asked about again where it is trusted, and the own profiles never are', async () => {
    const { world } = repository();
    await trust(world, '--yes');
    mkdirSync(join(world.home, 'profiles'), { recursive: true });
    writeFileSync(join(world.home, 'profiles', 'mine.yaml'), PROFILE);
    for (const name of ['team', 'mine']) {
      const asked = await run(world, 'profiles', 'trust', name);
      expect([asked.code, asked.err]).toEqual([0, expect.stringContaining('already')]);
    }
    expect(Object.keys((JSON.parse(readFileSync(join(world.home, 'approvals.json'), 'utf8')) as { value: object }).value)).toHaveLength(1);
  });

  test('shows what the person changes of it apart, as that is not what is trusted', async () => {
    const { world } = repository();
    writeFileSync(join(world.home, 'overrides.yaml'), 'profiles: { team: { user: ann, forwards: { postgres: { local: 25432 } } } }\n');
    const { out } = await trust(world, '--yes');
    const [shared, own] = out.split('With your own changes');
    expect([shared?.includes('15432'), shared?.includes('25432'), own?.includes('25432'), own?.includes('as ann')]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  test("shows the person's own value where the files leave one open", async () => {
    const { world } = repository(`variables: { who: null }\n${PROFILE.replace('[bastion]', "['${who}@bastion']")}`);
    writeFileSync(join(world.home, 'overrides.yaml'), 'profiles: { team: { variables: { who: ann } } }\n');
    expect((await trust(world, '--yes')).out).toContain('logs you in on bastion as ann');
  });
});

describe('a known_hosts beside a profile', () => {
  const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ1bUHBoCj0yJ0n2hGPXJQ0bYQFmYv1V7XYuZB4Q0t3S';

  test('is part of what is trusted, and shown; its keys go along with the profile', async () => {
    const { world, folder } = repository();
    const file = join(folder, 'known_hosts');
    await trust(world, '--yes');
    writeFileSync(file, `# ours\nbastion ssh-ed25519 ${KEY} ann\nelsewhere ssh-ed25519 ${KEY}\n`);
    expect(await comesUp(world)).toBe(false);
    const { out } = await trust(world, '--yes');
    expect(out).toMatch(/^ {2}\+ accepts of bastion only the host key ssh-ed25519 SHA256:[\w+/]{43}$/m);
    expect(out).toContain('1 more line of known_hosts');
    expect(await comesUp(world)).toBe(true);
    expect(world.requests.at(-1)?.request.profile['knownHosts']).toEqual({
      file,
      text: `\nbastion ssh-ed25519 ${KEY}\nelsewhere ssh-ed25519 ${KEY}`,
    });
    writeFileSync(file, `@cert-authority * ssh-ed25519 ${KEY}\n`);
    expect(await comesUp(world)).toBe(false);
    const changed = await trust(world, '--yes');
    expect(changed.out).toMatch(/^\? \+ accepts of \* host certificates of the authority ssh-ed25519/m);
    expect(changed.out).toMatch(/^\? - accepts of bastion only/m);
  });

  test('is not followed out of the folder, and cannot be written into the profile', async () => {
    const { world, file, folder } = repository();
    writeFileSync(join(world.home, 'mine'), `bastion ssh-ed25519 ${KEY}\n`);
    symlinkSync(join(world.home, 'mine'), join(folder, 'known_hosts'));
    expect(await trust(world, '--yes')).toMatchObject({ code: 2, err: expect.stringContaining('leads out of its folder') as unknown });
    unlinkSync(join(folder, 'known_hosts'));
    writeFileSync(file, `${PROFILE}knownHosts: { file: /etc/x, text: "bastion ssh-ed25519 ${KEY}" }\n`);
    expect(await trust(world, '--yes')).toMatchObject({ code: 2, err: expect.stringContaining('known_hosts beside them') as unknown });
  });

  test('shows in the outcome of a profile as a file of it, not as values', async () => {
    const { world, folder } = repository();
    writeFileSync(join(folder, 'known_hosts'), `bastion ssh-ed25519 ${KEY}\n`);
    const { out } = await run(world, 'profiles', 'show', 'team', '--resolved');
    expect(out).toContain('known_hosts (known-hosts)');
    expect(out).not.toContain(KEY);
  });
});

describe('an attack on trust', () => {
  test('by a description that steers the terminal shows its characters', async () => {
    const { world } = repository(`description: "\\e[2J\\e[1;1Hharmless\\u202e"\n${PROFILE}`);
    const { out } = await trust(world, '--yes');
    expect(out).toContain('description: \\u{1b}[2J\\u{1b}[1;1Hharmless\\u{202e}');
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u001b\u202e]/);
  });

  test('by a base that changes behind the profile asks again', async () => {
    const { world, folder } = repository(`extends: _base\n${PROFILE.slice(PROFILE.indexOf('forwards'))}`);
    writeFileSync(join(folder, '_base.yaml'), 'hops: [bastion]\n');
    await trust(world, '--yes');
    expect(await comesUp(world)).toBe(true);
    writeFileSync(join(folder, '_base.yaml'), 'hops: [evil]\n');
    expect(await comesUp(world)).toBe(false);
    expect((await trust(world)).out).toContain('? + logs you in on evil');
  });

  test('by defaults that come to be there asks again', async () => {
    const { world, folder } = repository();
    await trust(world, '--yes');
    writeFileSync(join(folder, '_defaults.yaml'), 'sshOptions: [ProxyCommand=evil]\n');
    expect(await comesUp(world)).toBe(false);
    expect((await trust(world)).out).toContain('! + sets ProxyCommand of ssh_config to evil');
  });

  test('by approvals that the repository brings with it has none', async () => {
    const { world, folder } = repository();
    const { world: other } = repository();
    await trust(other, '--yes');
    for (const name of ['approvals.json', 'approved-documents.json'])
      for (const place of [folder, join(world.home, '.git')]) writeFileSync(join(place, name), readFileSync(join(other.home, name)));
    expect(await comesUp(world)).toBe(false);
  });

  test('by a link put in the place of what was trusted is refused', async () => {
    const { world, file } = repository();
    await trust(world, '--yes');
    const outside = join(world.home, 'outside.yaml');
    writeFileSync(outside, PROFILE);
    unlinkSync(file);
    symlinkSync(outside, file);
    expect(await comesUp(world)).toBe(false);
  });

  test('by an approval of another profile with the same contents has none', async () => {
    const { world, folder } = repository();
    await trust(world, '--yes');
    writeFileSync(join(folder, 'twin.yaml'), PROFILE);
    expect((await run(world, 'up', 'twin', '--no-wait')).code).toBe(4);
  });

  test.each([
    ['an ssh_config of the repository', 'sshConfig: ./ssh_config\n'],
    ['one in a folder above', 'sshConfig: ../config/ssh\n'],
    ['one by way of the home', 'sshConfig: ~/config/ssh\n'],
    ['an Include', 'sshOptions: [Include=~/config/ssh]\n'],
  ])('by %s, which could change unseen, is an error', async (_title, line) => {
    const { world, folder } = repository(PROFILE + line);
    for (const path of [join(folder, 'ssh_config'), join(world.home, 'config')]) mkdirSync(path);
    writeFileSync(join(world.home, 'config', 'ssh'), 'ProxyCommand evil\n');
    const asked = await trust(world, '--yes');
    expect([asked.code, asked.err]).toEqual([2, expect.stringMatching(/team\.yaml:6:\d+ .*without asking you/)]);
    expect(await comesUp(world)).toBe(false);
  });
});
