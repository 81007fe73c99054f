import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DoctorReport, Finding } from '../../src/model/finding.ts';
import { makeWorld, run, tunnel, type World } from './fake-given.ts';

const finding = (changes: Partial<Finding> = {}): Finding => ({
  check: 'reachable',
  severity: 'ok',
  subject: 'hop ann@bastion:22',
  what: 'It answers.',
  why: '',
  fix: '',
  exitCode: 0,
  ...changes,
});
const error = (exitCode: number): Finding => finding({ severity: 'error', what: 'no', why: 'because', fix: 'do this\nand that', exitCode });

function worldWith(findings: Finding[], profiles: Record<string, string> = { db: 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n' }): World {
  const world = makeWorld({ supervisor: { tunnels: [], findings } });
  mkdirSync(join(world.home, 'profiles'));
  for (const [name, text] of Object.entries(profiles)) writeFileSync(join(world.home, 'profiles', `${name}.yaml`), text);
  return world;
}
const findingsOf = ({ out }: { out: string }): Finding[] => (JSON.parse(out) as DoctorReport).findings;

describe('tunnels doctor', () => {
  test('has the supervisor examine every profile, started where none runs', async () => {
    const world = worldWith([finding()], {
      one: 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n',
      two: 'hops: [b]\nforwards: [{ dynamic: 1081 }]\n',
    });
    const { code, err } = await run(world, 'doctor');
    expect(code).toBe(0);
    expect(world.calls).toEqual(['ensure']);
    expect(world.examined[0]?.profiles.map(({ name }) => name)).toEqual(['one', 'two']);
    expect(world.examined[0]?.profiles[0]).toMatchObject({ profile: { hops: ['a'] }, origin: join(world.home, 'profiles', 'one.yaml') });
    expect(err).toContain('No problems found.');
    expect(world.requests).toEqual([]);
  });

  test('examines only what is named, and refuses a name that there is not', async () => {
    const world = worldWith([], { one: 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n', two: 'hops: [b]\nforwards: [{ dynamic: 1081 }]\n' });
    await run(world, 'doctor', 'two');
    expect(world.examined[0]?.profiles.map(({ name }) => name)).toEqual(['two']);
    expect(await run(world, 'doctor', 'twoo')).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean two?') });
  });

  test('examines a tunnel without a profile by what it was brought up with', async () => {
    const world = worldWith([], { one: 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n' });
    world.supervisor = { tunnels: [tunnel({ name: 'adhoc' }), tunnel({ name: 'one' })], findings: [finding()] };
    expect((await run(world, 'doctor', 'adhoc', 'one')).code).toBe(0);
    expect(world.examined).toMatchObject([{ profiles: [{ name: 'one' }], tunnels: ['adhoc'] }]);
    expect((await run(world, 'doctor', 'adhoc')).err).toContain('Checking adhoc ...');
    expect(world.examined[1]).toEqual({ profiles: [], tunnels: ['adhoc'] });
    expect((await run(world, 'doctor', 'adhocc')).code).toBe(2);
  });

  test('makes findings of errors in profiles, with file and line, and examines the others', async () => {
    const world = worldWith([finding()], { bad: 'hops: [a]\nforwrads: []\n', good: 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n' });
    const ran = await run(world, 'doctor', '--json');
    expect(ran.code).toBe(2);
    const [bad] = findingsOf(ran);
    expect(bad).toMatchObject({ check: 'profile', severity: 'error', subject: 'profile bad', exitCode: 2 });
    expect(bad?.what).toMatch(/bad\.yaml:2:1 /);
    expect(world.examined[0]?.profiles.map(({ name }) => name)).toEqual(['good']);
  });

  test('does not even connect to what nobody has trusted', async () => {
    const world = worldWith([]);
    mkdirSync(join(world.home, '.tunnels'));
    writeFileSync(join(world.home, '.tunnels', 'stranger.yaml'), 'hops: [evil]\nforwards: [{ dynamic: 1090 }]\n');
    const ran = await run(world, 'doctor', '--json');
    expect(ran.code).toBe(4);
    expect(findingsOf(ran)).toMatchObject([{ subject: 'profile stranger', exitCode: 4 }]);
    expect(world.examined[0]?.profiles.map(({ name }) => name)).toEqual(['db']);
  });

  test.each([
    [[error(1)], 1],
    [[error(1), error(5)], 5],
    [[error(5), error(4)], 4],
    [[error(2), error(5)], 2],
    [[error(77)], 1],
    [[finding({ severity: 'warning', exitCode: 5 }), finding({ severity: 'note' })], 0],
  ])('exits by the worst of %j', async (findings, code) => {
    expect((await run(worldWith(findings), 'doctor')).code).toBe(code);
  });

  test('groups by subject, the worst first, and lays out every line of a fix', async () => {
    const { out, err } = await run(
      worldWith([finding({ subject: 'this machine' }), finding({ what: 'Fine.' }), finding({ severity: 'note', what: 'Hm.' }), error(1)]),
      'doctor',
    );
    expect(out.split('\n')).toEqual([
      'hop ann@bastion:22',
      '  ✗ error (reachable) no',
      '    because',
      '    → do this',
      '      and that',
      '  · note (reachable) Hm.',
      '  ✓ Fine.',
      '',
      'this machine',
      '  ✓ It answers.',
      '',
    ]);
    expect(err).toContain('1 error, 1 note');
  });

  test('shows only problems with --quiet, and all as a document with --json', async () => {
    const findings = [finding(), finding({ severity: 'note', what: 'Hm.' }), error(1)];
    const quiet = await run(worldWith(findings), 'doctor', '--quiet');
    expect(quiet.out).toContain('no');
    expect(quiet.out).not.toMatch(/It answers|Hm/);
    expect(quiet.err).toBe('');
    expect(findingsOf(await run(worldWith(findings), 'doctor', '--json', '--quiet'))).toEqual(findings);
  });

  test('looks at this machine also where there is no profile yet', async () => {
    const world = worldWith([finding({ subject: 'this machine' })], {});
    expect(await run(world, 'doctor')).toMatchObject({ code: 0, out: expect.stringContaining('this machine') });
    expect(world.examined).toEqual([{ profiles: [] }]);
  });
});

describe('tunnels up --take-over', () => {
  test('asks for the bindings of live sessions, and nothing asks for them without it', async () => {
    const world = worldWith([]);
    world.supervisor = { tunnels: [], onUp: (name) => tunnel({ name }) };
    await run(world, 'up', 'db', '--no-wait', '--take-over');
    await run(world, 'up', '--take-over', '--no-wait', '-R', '8080:localhost:80', 'ann@bastion');
    await run(world, 'up', 'db', '--no-wait');
    expect(world.requests.map(({ request }) => request.takeOver)).toEqual([true, true, undefined]);
    expect(world.requests.map(({ name }) => name)).toEqual(['db', 'bastion', 'db']);
  });
});
