import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeWorld, run } from './fake-given.ts';

test('the doctor tells of two profiles that want one port, and of a secret without showing it', async () => {
  const world = makeWorld({ supervisor: { tunnels: [], findings: [] } });
  const secret = `ghp_${'a1'.repeat(18)}`;
  mkdirSync(join(world.home, 'profiles'));
  const profile = 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n';
  writeFileSync(join(world.home, 'profiles', 'one.yaml'), profile);
  writeFileSync(join(world.home, 'profiles', 'two.yaml'), `${profile}description: ${secret}\n`);
  const { code, out, err } = await run(world, 'doctor', '--json');
  expect(code).toBe(2);
  expect((JSON.parse(out) as { findings: object[] }).findings).toMatchObject([
    { check: 'port-clash', severity: 'warning', subject: 'profile one', what: expect.stringContaining('one.yaml:2:23') as string },
    { check: 'port-clash', severity: 'warning', subject: 'profile two' },
    { check: 'secret', severity: 'error', subject: 'profile two', exitCode: 2 },
  ]);
  expect(out + err).not.toContain(secret);
});
