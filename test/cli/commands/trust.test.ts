import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeWorld, run } from '../fake-given.ts';

const PROFILE = 'hops: [bastion]\nforwards:\n  - name: postgres\n    local: 15432\n    to: db.internal:5432\n';

describe("a repository's profile", () => {
  test('comes up only as it was when it was trusted', async () => {
    const world = makeWorld();
    mkdirSync(join(world.home, '.git'));
    mkdirSync(join(world.home, '.tunnels'));
    const file = join(world.home, '.tunnels', 'team.yaml');
    writeFileSync(file, PROFILE);
    const refused = await run(world, 'up', 'team');
    expect([refused.code, refused.err.includes('tunnels profiles trust team')]).toEqual([4, true]);
    const trusted = await run(world, 'profiles', 'trust', 'team');
    expect([trusted.code, trusted.err]).toEqual([0, '']);
    expect(trusted.out).toContain('127.0.0.1:15432 → db.internal:5432');
    appendFileSync(file, '# a change\n');
    expect((await run(world, 'up', 'team')).code).toBe(4);
    expect(world.calls).toEqual([]);
    await run(world, 'profiles', 'trust', 'team');
    expect((await run(world, 'up', 'team', '--no-wait')).code).toBe(0);
    expect((await run(world, 'profiles', 'untrust', 'team')).code).toBe(0);
    expect((await run(world, 'up', 'team')).code).toBe(4);
  });

  test('is not trusted by approvals that cannot be understood, which are kept aside when one is added', async () => {
    const world = makeWorld();
    for (const folder of ['.git', '.tunnels']) mkdirSync(join(world.home, folder));
    writeFileSync(join(world.home, '.tunnels', 'team.yaml'), PROFILE);
    writeFileSync(join(world.home, 'approvals.json'), '{"torn');
    expect((await run(world, 'up', 'team')).code).toBe(4);
    const trusted = await run(world, 'profiles', 'trust', 'team');
    expect([trusted.code, trusted.err.includes('approvals.aside-')]).toEqual([0, true]);
    expect(readdirSync(world.home).filter((name) => name.startsWith('approvals.aside-'))).toHaveLength(1);
    expect((await run(world, 'up', 'team', '--no-wait')).code).toBe(0);
  });
});
