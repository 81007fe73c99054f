import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, tunnel, type World } from '../fake-given.ts';

const text = 'hops: [ann@bastion]\nforwards: [{ local: 15432, to: "db:1" }]\n';
const change = {
  hops: 'same' as const,
  forwards: [
    { name: 'a', is: 'kept' as const },
    { name: 'b', is: 'added' as const },
  ],
  settings: [],
};

/** A tunnel that runs, of a file in this folder of the home. */
function running(folder: string, said = text, changes: Partial<World> = {}): World {
  const world = makeWorld(changes);
  const file = join(world.home, folder, 'db-prod.yaml');
  mkdirSync(join(world.home, folder), { recursive: true });
  writeFileSync(file, said);
  world.supervisor = { tunnels: [tunnel({ origin: file })], onChange: () => change };
  return world;
}

describe('tunnels reload', () => {
  test('sends what the file says now, wherever one stands, and tells what it did', async () => {
    const world = running('profiles');
    const { code, out } = await run(world, 'reload', 'db-prod');
    expect([code, out]).toEqual([0, 'db-prod: added b; kept a\n']);
    expect(world.changes).toMatchObject([
      { name: 'db-prod', request: { profile: { hops: ['ann@bastion'] }, origin: join(world.home, 'profiles', 'db-prod.yaml') } },
    ]);
    expect(world.calls).not.toContain('ensure');
    expect((await run(world, 'reload', '--all', '--json')).json()).toMatchObject({ tunnels: [{ name: 'db-prod', change, problem: null }] });
  });
  test('sends nothing of a file with errors, and shows them with their places', async () => {
    const world = running('profiles', `${text}holt: 1s\n`);
    expect(await run(world, 'reload', 'db-prod')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('db-prod.yaml:3:1') as string,
    });
    expect(world.changes).toEqual([]);
  });
  test('sends nothing of what others wrote and nobody has trusted as it is now', async () => {
    const world = running('.tunnels');
    expect(await run(world, 'reload', '--all')).toMatchObject({
      code: 4,
      err: expect.stringContaining('tunnels profiles trust db-prod') as string,
    });
    expect(world.changes).toEqual([]);
    await run(world, 'profiles', 'trust', 'db-prod', '--yes');
    world.changes.length = 0;
    expect((await run(world, 'reload', '--all')).code).toBe(0);
    expect(world.changes).toHaveLength(1);
    writeFileSync(join(world.home, '.tunnels', 'db-prod.yaml'), text.replace('bastion', 'evil'));
    expect((await run(world, 'reload', '--all')).code).toBe(4);
    expect(world.changes).toHaveLength(1);
  });
  test('leaves a tunnel alone whose file is gone, that has none, or that is down', async () => {
    const world = running('profiles');
    rmSync(join(world.home, 'profiles', 'db-prod.yaml'));
    expect(await run(world, 'reload', 'db-prod')).toMatchObject({ code: 1, err: expect.stringContaining('no longer there') as string });
    world.supervisor = {
      tunnels: [tunnel({ origin: 'command line' }), tunnel({ name: 'other', wanted: 'down', origin: '/nowhere/x.yaml' })],
    };
    expect(await run(world, 'reload', '--all')).toMatchObject({
      code: 0,
      err: 'db-prod: it was made on the command line and has no profile\n',
    });
    expect(world.changes).toEqual([]);
  });
  test('has nothing to do where no supervisor runs, and starts none', async () => {
    const world = makeWorld({ supervisor: null });
    expect(await run(world, 'reload', '--all', '--json')).toMatchObject({ code: 0 });
    expect(world.calls).toEqual([]);
  });
  test('wants names or --all, and tells the nearest of a mistyped one', async () => {
    const world = running('profiles');
    expect((await run(world, 'reload')).code).toBe(2);
    expect(await run(world, 'reload', 'db-prd')).toMatchObject({ code: 2, err: expect.stringContaining('db-prod') as string });
  });
});

describe('tunnels restart', () => {
  test('comes up with what the file says now, and with what it had where that cannot be used', async () => {
    const world = running('profiles');
    expect((await run(world, 'restart', 'db-prod', '--no-wait')).code).toBe(0);
    expect([world.changes.length, world.calls]).toEqual([1, ['ensure', 'restart db-prod']]);
    writeFileSync(join(world.home, 'profiles', 'db-prod.yaml'), 'holt: 1s\n');
    const { code, err } = await run(world, 'restart', 'db-prod', '--no-wait');
    expect([code, err, world.changes.length]).toEqual([0, expect.stringContaining('db-prod.yaml:1:1') as string, 1]);
    expect(world.calls.at(-1)).toBe('restart db-prod');
  });
});
