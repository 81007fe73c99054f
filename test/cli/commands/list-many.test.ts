import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

const COUNT = 60;
const KEPT = 'profile-summaries.json';

/** A repository with more profiles than are understood anew for every list. */
function many(): World & { readonly write: (name: string, text: string) => void } {
  const world = makeWorld();
  for (const folder of ['.git', '.tunnels']) mkdirSync(join(world.home, folder));
  const write = (name: string, text: string): void => writeFileSync(join(world.home, name), text);
  for (let index = 0; index < COUNT; index += 1) write(`.tunnels/p${index}.yaml`, 'extends: _base\nforwards: [{ dynamic: 1 }]\n');
  write('.tunnels/_base.yml', 'hops: [a]\ngroups: [one]\n');
  return { ...world, write };
}

type Entry = {
  readonly name: string;
  readonly groups: string[];
  readonly valid: boolean;
  readonly trusted: boolean;
  readonly description: string | null;
};

async function listed(world: World): Promise<Entry[]> {
  return (await run(world, 'list', '--json')).json().profiles as Entry[];
}
const firstOf = async (world: World): Promise<Entry | undefined> => (await listed(world)).find(({ name }) => name === 'p0');

describe('a list of many profiles', () => {
  test('is the same from what was kept as when it was read, and keeps nothing for a few', async () => {
    const world = many();
    const before = await listed(world);
    const kept = readFileSync(join(world.home, KEPT), 'utf8');
    expect(before).toHaveLength(COUNT);
    expect(await listed(world)).toEqual(before);
    expect(readFileSync(join(world.home, KEPT), 'utf8')).toBe(kept);
    const few = makeWorld();
    await run(few, 'list');
    expect(() => readFileSync(join(few.home, KEPT))).toThrow(/ENOENT/);
  });

  test('tells of every change: of a profile, of its base, of a file that comes or goes, and of what is the own', async () => {
    const world = many();
    expect(await firstOf(world)).toMatchObject({ groups: ['one'], valid: true, description: null });
    world.write('.tunnels/_base.yml', 'hops: [a]\ngroups: [two]\n');
    expect(await firstOf(world)).toMatchObject({ groups: ['two'] });
    // It is looked for before the .yml, so it takes its place.
    world.write('.tunnels/_base.yaml', 'hops: [a]\ngroups: [three]\n');
    expect(await firstOf(world)).toMatchObject({ groups: ['three'] });
    world.write('.tunnels/_defaults.yaml', 'description: shared\n');
    expect(await firstOf(world)).toMatchObject({ description: 'shared' });
    rmSync(join(world.home, '.tunnels/_defaults.yaml'));
    expect(await firstOf(world)).toMatchObject({ description: null });
    world.write('overrides.yaml', 'profiles: { p0: { groups: [mine] } }\n');
    expect(await firstOf(world)).toMatchObject({ groups: ['mine'] });
    world.write('overrides.yaml', 'profiles: { p0: { group: [mine] } }\n');
    expect(await firstOf(world)).toMatchObject({ valid: false });
    world.write('overrides.yaml', '');
    world.write('.tunnels/p0.yaml', 'hops: []\n');
    expect(await firstOf(world)).toMatchObject({ valid: false });
  });

  test('calls a profile trusted only as it is now', async () => {
    const world = many();
    expect(await firstOf(world)).toMatchObject({ trusted: false });
    await run(world, 'profiles', 'trust', 'p0', '--yes');
    expect(await firstOf(world)).toMatchObject({ trusted: true });
    world.write('.tunnels/_base.yml', 'hops: [b]\n');
    expect(await firstOf(world)).toMatchObject({ trusted: false, valid: true });
  });

  test('follows no base that has become a link out of the folder', async () => {
    const world = many();
    await listed(world);
    world.write('outside.yml', readFileSync(join(world.home, '.tunnels/_base.yml'), 'utf8'));
    rmSync(join(world.home, '.tunnels/_base.yml'));
    symlinkSync('../outside.yml', join(world.home, '.tunnels/_base.yml'));
    expect(await firstOf(world)).toMatchObject({ valid: false });
  });

  test('reads everything anew where what was kept is torn or is no such file', async () => {
    const world = many();
    const before = await listed(world);
    for (const torn of ['{', '{}', JSON.stringify({ basis: 'x', profiles: { a: 1 } })]) {
      world.write(KEPT, torn);
      expect(await listed(world)).toEqual(before);
    }
    rmSync(join(world.home, KEPT));
    mkdirSync(join(world.home, KEPT));
    expect(await listed(world)).toEqual(before);
  });
});
