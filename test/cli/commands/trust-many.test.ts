import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run, type World } from '../fake-given.ts';

const profile = (hop: string, port: number): string => `hops: [${hop}]\nforwards: [{ name: pg, local: ${port}, to: "db:5432" }]\n`;
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g';
const OTHER = KEY.replace('AECAw', 'BECAw');
const NAMES = ['a', 'b', 'c'];

/** A repository with three profiles by way of gw, whose key is in a known_hosts beside them. */
function repository(): World & { write(name: string, text: string): void } {
  const world = makeWorld();
  for (const folder of ['.git', '.tunnels']) mkdirSync(join(world.home, folder));
  const write = (name: string, text: string): void => writeFileSync(join(world.home, '.tunnels', name), text);
  for (const [index, name] of NAMES.entries()) write(`${name}.yaml`, profile('gw', 15432 + index));
  write('known_hosts', `gw ssh-ed25519 ${KEY}\n`);
  return { ...world, write };
}

const times = (text: string, what: string | RegExp): number => text.split(what).length - 1;

describe('tunnels profiles trust --all', () => {
  test('shows a change that several profiles share once, with their names, and beside it what only one of them has', async () => {
    const world = repository();
    expect((await run(world, 'profiles', 'trust', '--all', '--yes')).code).toBe(0);
    world.write('known_hosts', `gw ssh-ed25519 ${OTHER}\n`);
    world.write('b.yaml', profile('gw', 25432));
    const { code, out } = await run(world, 'profiles', 'trust', '--all', '--yes');
    expect(code).toBe(0);
    expect(out).toMatch(/^a, b, c {2}each of them\n {2}has changed since you trusted it:\n/);
    expect(times(out, '+ accepts of gw only the host key')).toBe(1);
    expect(times(out, '- accepts of gw only the host key')).toBe(1);
    expect(times(out, 'has changed only as shown above')).toBe(2);
    expect(out).toMatch(/^b {2}.*\n {2}has changed as shown above, and:\n.*15433.*\n.*25432/m);
    expect((await run(world, 'up', ...NAMES, '--no-wait')).code).toBe(0);
  });

  test('takes what is not trusted as it is, and nothing else', async () => {
    const world = repository();
    await run(world, 'profiles', 'trust', 'a', '--yes');
    const { out } = await run(world, 'profiles', 'trust', '--all', '--yes');
    expect(out.match(/^\w+(?= {2})/gm)).toEqual(['b', 'c']);
    const again = await run(world, 'profiles', 'trust', '--all');
    expect([again.code, again.err]).toEqual([0, 'No profile waits to be trusted.\n']);
    expect((await run(world, 'profiles', 'trust', 'a', '--all')).code).toBe(2);
  });

  test('leaves out those with errors, and tells of them', async () => {
    const world = repository();
    world.write('b.yaml', 'hops: []\n');
    const { code, err } = await run(world, 'profiles', 'trust', '--all', '--yes');
    expect([code, err]).toEqual([0, expect.stringContaining('b.yaml:1:')]);
    expect((await run(world, 'up', 'a', 'c', '--no-wait')).code).toBe(0);
  });

  test('is what comes of one command for all that up was asked for', async () => {
    const { code, err } = await run(repository(), 'up', 'a', 'b');
    expect([code, err]).toEqual([4, expect.stringContaining('tunnels profiles trust a b')]);
    expect(err).toContain('The profiles a, b come from');
  });
});
