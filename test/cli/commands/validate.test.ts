import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

const good = (port = 15_432): string =>
  `hops: [{ host: bastion, hostKey: "SHA256:${'A'.repeat(43)}" }]\nforwards: [{ local: ${port}, to: "db:1" }]\n`;

function withFolder(files: Readonly<Record<string, string>>, folder = 'team', changes: Partial<World> = {}): World {
  const world = makeWorld(changes);
  mkdirSync(join(world.home, folder), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(world.home, folder, name), text);
  return world;
}

describe('tunnels profiles validate, in a plain checkout', () => {
  test('checks a folder and says that all is well', async () => {
    const world = withFolder({ 'a.yaml': good(), 'b.yaml': good(15_433), '_base.yaml': 'hold: 1s\n' });
    expect(await run(world, 'profiles', 'validate', './team')).toMatchObject({ code: 0, out: 'a is valid\nb is valid\n', err: '' });
  });
  test('shows all errors of all files at once, and ends with 2', async () => {
    const world = withFolder({
      'a.yaml': 'holt: 1s\nhops: []\n',
      'b.yaml': good(),
      'c.yaml': 'hops: [a]\nforwards: [{ local: x, to: "db:1" }]\n',
    });
    const { code, out, err } = await run(world, 'profiles', 'validate', './team');
    expect([code, out]).toEqual([2, 'b is valid\n']);
    for (const spot of ['a.yaml:1:1 ', 'a.yaml:2:7 ', 'c.yaml:2:21 ']) expect(err).toContain(spot);
  });
  test('takes .tunnels as a folder, and a folder without profiles for a mistake', async () => {
    const world = withFolder({ 'a.yaml': good() }, '.tunnels');
    expect((await run(world, 'profiles', 'validate', '.tunnels')).out).toBe('a is valid\n');
    mkdirSync(join(world.home, 'empty'));
    expect(await run(world, 'profiles', 'validate', './empty')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no profiles in') as string,
    });
    expect((await run(world, 'profiles', 'validate', './missing')).code).toBe(2);
    expect(await run(world, 'profiles', 'validate', 'empty')).toMatchObject({
      code: 2,
      err: expect.stringContaining('tunnels profiles validate ./empty') as string,
    });
  });
  test('needs no value of a variable that everybody gives for themselves', async () => {
    const world = withFolder({ 'a.yaml': `variables: { login: }\n${good().replace('host: bastion', 'host: bastion, user: "${login}"')}` });
    expect(await run(world, 'profiles', 'validate', './team')).toMatchObject({ code: 0, out: 'a is valid\n' });
  });
  test('follows no link out of the folder, and takes nothing of the person’s own', async () => {
    const world = withFolder({ 'a.yaml': 'extends: ../other\nhops: [a]\n' });
    writeFileSync(join(world.home, 'other.yaml'), good());
    writeFileSync(join(world.home, 'overrides.yaml'), 'nonsense: 1\n');
    expect(await run(world, 'profiles', 'validate', './team')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a.yaml:1:10') as string,
    });
    const fine = withFolder({ 'a.yaml': good() });
    writeFileSync(join(fine.home, 'overrides.yaml'), 'nonsense: 1\n');
    expect((await run(fine, 'profiles', 'validate', './team')).code).toBe(0);
  });
});

describe('what is odd between profiles', () => {
  test('is told with its place and fails nothing; notes are left out with --quiet', async () => {
    const world = withFolder({ 'a.yaml': good(), 'b.yaml': good().replace(/, hostKey: "[^"]*"/, '') });
    const { code, out } = await run(world, 'profiles', 'validate', './team');
    expect(code).toBe(0);
    expect(out).toContain('a.yaml:2:21 warning (port-clash) 127.0.0.1:15432 on this machine is wanted by b too.');
    expect(out).toContain('b.yaml:1:8 note (unpinned-host)');
    expect((await run(world, 'profiles', 'validate', './team', '--quiet')).out).not.toContain('unpinned-host');
  });
  test('is said once where it is the same of many profiles, with every place, and in JSON for each', async () => {
    const bare = (port: number): string => good(port).replace(/, hostKey: "[^"]*"/, '');
    const names = Array.from({ length: 9 }, (_none, index) => `p${index}`);
    const world = withFolder(Object.fromEntries(names.map((name, index) => [`${name}.yaml`, bare(20_000 + index)])));
    const { out } = await run(world, 'profiles', 'validate', './team');
    expect(out.match(/unpinned-host/g)).toHaveLength(1);
    expect(out).toMatch(/p0\.yaml:1:8 note .*\n {4}also .*p1\.yaml:1:8\n/);
    expect(out).toContain('and 3 more (--verbose and --json name them)');
    expect((await run(world, 'profiles', 'validate', './team', '--verbose')).out.match(/yaml:1:8/g)).toHaveLength(9);
    const { findings } = JSON.parse((await run(world, 'profiles', 'validate', './team', '--json')).out) as { findings: object[] };
    expect(findings).toHaveLength(9);
  });
  test('looks into the person’s own known_hosts for names, and not for a folder that others share', async () => {
    const world = withFolder({ 'a.yaml': good().replace(/, hostKey: "[^"]*"/, '') }, 'profiles');
    expect((await run(world, 'profiles', 'validate', '--all')).out).toContain('(unknown-host)');
    expect((await run(world, 'profiles', 'validate', './profiles')).out).toMatch(/^a is valid\n.*\(unpinned-host\)/);
    mkdirSync(join(world.home, '.ssh'));
    writeFileSync(join(world.home, '.ssh/known_hosts'), 'bastion ssh-ed25519 AAAA\n');
    expect((await run(world, 'profiles', 'validate', '--all')).out).toBe('a is valid\n');
  });
  test('fails where it is a secret, which is never shown', async () => {
    const secret = `ghp_${'a1'.repeat(18)}`;
    const world = withFolder({ 'a.yaml': `description: ${secret}\n${good()}` });
    for (const args of [[], ['--json'], ['--format', 'github']]) {
      const { code, out, err } = await run(world, 'profiles', 'validate', './team', ...args);
      expect(code).toBe(2);
      expect(out).toContain('secret');
      expect(out + err).not.toContain(secret);
    }
  });
  test('is in the document too, with what is wrong', async () => {
    const world = withFolder({ 'a.yaml': good(80), 'b.yaml': 'holt: 1s\n' }, 'profiles');
    const { code, json } = await run(world, 'profiles', 'validate', '--all', '--json');
    expect(code).toBe(2);
    expect(json()).toMatchObject({
      schemaVersion: 1,
      valid: false,
      profiles: [
        { name: 'a', errors: [] },
        { name: 'b', errors: [{ line: 1, column: 1 }, {}, {}] },
      ],
      findings: [{ rule: 'privileged-port', profile: 'a', severity: 'warning', line: 2, column: 21 }],
    });
  });
});

describe('annotations for GitHub', () => {
  const files = { 'a.yaml': 'holt: 1s\nhops: [a]\nforwards: [{ local: 1024, to: "db:1" }]\n', 'b.yaml': good(80) };

  test('are one line for each error and finding, with the path from the root of the repository', async () => {
    const world = withFolder(files);
    const { code, out } = await run(world, 'profiles', 'validate', './team', '--format', 'github');
    expect(code).toBe(2);
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^::error file=team\/a\.yaml,line=1,col=1,title=profile a::The key holt is not known here/),
      expect.stringMatching(/^::warning file=team\/b\.yaml,line=2,col=21,title=privileged-port::Port 80 is below 1024: .*%0AChoose a port/),
      '',
    ]);
  });
  test('come by themselves in GitHub Actions, but not in place of a document or of text that was asked for', async () => {
    const world = withFolder(files, 'team', { env: { GITHUB_ACTIONS: 'true' } });
    world.env['GITHUB_WORKSPACE'] = join(world.home, 'team');
    expect((await run(world, 'profiles', 'validate', './team')).out).toMatch(/^::error file=a\.yaml,/);
    expect((await run(world, 'profiles', 'validate', './team', '--json')).json()).toMatchObject({ schemaVersion: 1 });
    expect((await run(world, 'profiles', 'validate', './team', '--format', 'text')).out).not.toContain('::');
    expect((await run(world, 'profiles', 'validate', './team', '--format', 'github', '--json')).code).toBe(2);
    expect((await run(world, 'profiles', 'validate', './team', '--all')).code).toBe(2);
  });
  test('cannot be ended or begun by what a file says', async () => {
    const evil = '"x\\n::error file=b,line=1::owned"';
    const world = withFolder({
      'a%0A,b:c.yaml': good(),
      'a.yaml': `? ${evil}\n: 1\nhops: [${evil}]\nforwards: [{ local: ${evil}, to: "db:1" }]\n`,
    });
    const { out } = await run(world, 'profiles', 'validate', './team', '--format', 'github');
    const lines = out.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^::error file=team\/a[^,:]*\.yaml,line=\d+,col=\d+,title=[^:]*::/);
    expect(lines.some((line) => line.includes('file=team/a%250A%2Cb%3Ac.yaml,'))).toBe(true);
  });
});
