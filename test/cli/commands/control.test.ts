import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connecting, makeWorld, run, snapshotEvent, tunnel } from '../fake-given.ts';

describe('tunnels down', () => {
  test('takes down what is named and says so', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel(), tunnel({ name: 'other' })] } });
    const { code, err, out } = await run(world, 'down', 'db-prod');
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('db-prod is down.');
    expect(world.calls).toEqual(['ensure', 'down db-prod']);
  });

  test('takes nothing down when one of the names is mistyped', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel()] } });
    const { code, err } = await run(world, 'down', 'db-prod', 'db-prdo');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean db-prod?');
    expect(world.calls).toEqual(['ensure']);
  });

  test('is content with what is down already, also a profile that never was up', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel({ wanted: 'down', state: 'down' })] } });
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'fresh.yaml'), 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n');
    const { code, err } = await run(world, 'down', 'db-prod', 'fresh');
    expect(code).toBe(0);
    expect(err).toContain('db-prod is down already.');
    expect(err).toContain('fresh is down already.');
  });

  test('takes all down with --all, and wants either names or --all', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel(), tunnel({ name: 'other' })] } });
    const { json } = await run(world, 'down', '--all', '--json');
    expect(json().tunnels.map((one) => [one.name, one.state])).toEqual([
      ['db-prod', 'down'],
      ['other', 'down'],
    ]);
    expect((await run(world, 'down')).code).toBe(2);
    expect((await run(world, 'down', 'db-prod', '--all')).code).toBe(2);
  });
});

describe('tunnels restart', () => {
  test('restarts and waits until it is up again', async () => {
    const world = makeWorld({
      supervisor: { tunnels: [tunnel()], events: [[snapshotEvent(connecting()), { type: 'tunnel', tunnel: tunnel() }]] },
    });
    const { code, out } = await run(world, 'restart', 'db-prod');
    expect(code).toBe(0);
    expect(out).toContain('127.0.0.1:15432');
    expect(world.calls).toContain('restart db-prod');
  });

  test('with --all leaves down what was taken down', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel(), tunnel({ name: 'resting', wanted: 'down', state: 'down' })] } });
    expect((await run(world, 'restart', '--all', '--no-wait')).code).toBe(0);
    expect(world.calls).toEqual(['ensure', 'restart db-prod']);
  });

  test('brings up a profile that never was up', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel()] } });
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'fresh.yaml'), 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n');
    expect((await run(world, 'restart', 'fresh', '--no-wait')).code).toBe(0);
    expect(world.requests.map(({ name }) => name)).toEqual(['fresh']);
    expect((await run(world, 'restart', 'frsh')).err).toContain('Did you mean fresh?');
  });

  test('tells the supervisor the agent of this shell', async () => {
    const world = makeWorld({ env: { SSH_AUTH_SOCK: 'agent.sock' } });
    await run(world, 'up', '--no-wait', '-D1080', 'host');
    expect(world.requests[0]?.request.agent).toBe(join(world.home, 'agent.sock'));
  });

  test('does not restart anything for an unknown name', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel()] } });
    expect((await run(world, 'restart', 'nothing')).code).toBe(2);
    expect(world.calls).toEqual(['ensure']);
  });
});

describe('tunnels supervisor', () => {
  test('run becomes the supervisor and leaves the signals to it', async () => {
    const world = makeWorld();
    expect((await run(world, 'supervisor', 'run')).code).toBe(0);
    expect(world.runs).toEqual([expect.objectContaining({ logToStderr: true })]);
    expect(world.calls).toEqual(['release']);
  });

  test('start says whether it was needed', async () => {
    expect((await run(makeWorld({ supervisor: null }), 'supervisor', 'start')).out).toContain('The supervisor started: pid 4711');
    expect((await run(makeWorld(), 'supervisor', 'start')).out).toContain('runs already');
  });

  test('stop ends the one that runs, and is content where none does', async () => {
    const world = makeWorld();
    expect((await run(world, 'supervisor', 'stop')).out).toContain('has stopped');
    expect(world.calls).toEqual(['stop']);
    expect(await run(makeWorld({ supervisor: null }), 'supervisor', 'stop')).toMatchObject({ code: 0, out: 'No supervisor runs.\n' });
  });

  test('restart stops before it starts', async () => {
    const world = makeWorld();
    await run(world, 'supervisor', 'restart');
    expect(world.calls).toEqual(['stop', 'ensure']);
  });

  test('status starts nothing', async () => {
    const world = makeWorld({ supervisor: null });
    expect((await run(world, 'supervisor', 'status', '--json')).json()).toEqual({ schemaVersion: 1, supervisor: null });
    expect(world.calls).toEqual([]);
    expect((await run(makeWorld(), 'supervisor', 'status')).out).toBe('The supervisor runs: pid 4711, version 1.0.0, since 3m ago.\n');
  });
});
