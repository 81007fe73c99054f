import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problem, ProblemError } from '../../../src/model/problem.ts';
import { connecting, forward, makeWorld, run, snapshotEvent, tunnel, type World } from '../fake-given.ts';

const PROFILE = 'groups: [prod]\nhops: [bastion]\nforwards:\n  - name: postgres\n    local: 15432\n    to: db.internal:5432\n';

function withProfile(world: World, name = 'db-prod', text = PROFILE): World {
  mkdirSync(join(world.home, 'profiles'), { recursive: true });
  writeFileSync(join(world.home, 'profiles', `${name}.yaml`), text);
  return world;
}

const because = (code: string) => ({ code, text: `why ${code}`, next: `do ${code}` });
const coming = (...then: Parameters<typeof tunnel>[0][]) => ({
  tunnels: [connecting()],
  events: [[snapshotEvent(connecting()), ...then.map((changes) => ({ type: 'tunnel' as const, tunnel: tunnel(changes) }))]],
});

describe('tunnels up <profile>', () => {
  test('sends the checked profile, waits until it is up, and prints the address to use', async () => {
    const world = withProfile(makeWorld({ supervisor: coming({}) }));
    const { code, out, err } = await run(world, 'up', 'db-prod');
    expect(code).toBe(0);
    expect(out).toBe('postgres  127.0.0.1:15432 → db.internal:5432\n');
    expect(err).toContain('db-prod: ann@bastion connected');
    expect(world.requests).toEqual([
      {
        name: 'db-prod',
        request: { profile: expect.objectContaining({ hops: ['bastion'] }), origin: join(world.home, 'profiles', 'db-prod.yaml') },
      },
    ]);
  });

  test('says each change once, however often the supervisor repeats it', async () => {
    const same = { state: 'connecting' as const };
    const { err } = await run(withProfile(makeWorld({ supervisor: coming(same, same, same, {}) })), 'up', 'db-prod');
    expect(err.match(/connected/g)).toHaveLength(1);
    expect(err.match(/listens on/g)).toHaveLength(1);
  });

  test('with --json prints one document and no address lines', async () => {
    const { out, json } = await run(withProfile(makeWorld({ supervisor: coming({}) })), 'up', 'db-prod', '--json');
    expect(json()).toMatchObject({ schemaVersion: 1, tunnels: [{ name: 'db-prod', state: 'up' }] });
    expect(out).not.toContain('→');
  });

  test('with --quiet says nothing but the address', async () => {
    const { out, err } = await run(withProfile(makeWorld({ supervisor: coming({}) })), 'up', 'db-prod', '--quiet');
    expect(err).toBe('');
    expect(out).toContain('127.0.0.1:15432');
  });

  test('on a terminal shows a spinner and leaves only the address', async () => {
    const { code, out, err } = await run(
      withProfile(makeWorld({ supervisor: coming({}), tty: true, env: { NO_COLOR: '1' } })),
      'up',
      'db-prod',
    );
    expect(code).toBe(0);
    expect(out).toBe('postgres  127.0.0.1:15432 → db.internal:5432\n');
    expect(err).not.toContain('db-prod: ann@bastion connected\n');
  });

  test('ends with the code of what blocks the tunnel, saying why and what to do', async () => {
    const { code, err } = await run(
      withProfile(makeWorld({ supervisor: coming({ state: 'blocked', because: because('login-refused') }) })),
      'up',
      'db-prod',
    );
    expect(code).toBe(4);
    expect(err.match(/why login-refused/g)).toHaveLength(1);
    expect(err).toContain('→ do login-refused');
  });

  test('ends with 5 when a port is held, and still prints what does listen', async () => {
    const held = forward({ name: 'web', state: 'recovering', because: because('binding-held') });
    const { code, out, err } = await run(
      withProfile(makeWorld({ supervisor: coming({ state: 'degraded', forwards: [forward(), held] }) })),
      'up',
      'db-prod',
    );
    expect(code).toBe(5);
    expect(out).toContain('postgres');
    expect(out).not.toContain('web');
    expect(err).toContain('why binding-held');
  });

  test('ends with 3 when the wait is over, and says why it is not up', async () => {
    const world = withProfile(makeWorld({ supervisor: coming({ state: 'reconnecting', because: because('connect-refused') }) }));
    world.onDrained = () => world.waits.find(({ ms }) => ms === 7000)?.wake();
    const { code, err } = await run(world, 'up', 'db-prod', '--wait', '7');
    expect(code).toBe(3);
    expect(err).toContain('db-prod is not up after 7 s');
    expect(err).toContain('why connect-refused');
  });

  test('waits as long as the setting says when the command line does not', async () => {
    const world = withProfile(makeWorld({ supervisor: coming({}) }));
    writeFileSync(join(world.home, 'settings.json'), '{"wait": 12}');
    await run(world, 'up', 'db-prod');
    expect(world.waits.map(({ ms }) => ms)).toContain(12_000);
  });

  test('returns at once with --no-wait', async () => {
    const world = withProfile(makeWorld({ supervisor: { tunnels: [connecting()] } }));
    const { code, out, err } = await run(world, 'up', 'db-prod', '--no-wait');
    expect([code, out]).toEqual([0, '']);
    expect(err).toContain('tunnels status db-prod');
  });

  test('starts a supervisor only where none runs and nothing is wrong with the profile', async () => {
    const running = withProfile(makeWorld());
    await run(running, 'up', 'db-prod', '--no-wait');
    expect(running.calls).toEqual([]);
    const without = withProfile(makeWorld({ supervisor: null }));
    await run(without, 'up', 'db-prod', '--no-wait');
    expect([without.calls, without.requests.length]).toEqual([['ensure'], 1]);
    const wrong = withProfile(makeWorld({ supervisor: null }), 'db-prod', 'hops: 5\n');
    expect((await run(wrong, 'up', 'db-prod')).code).toBe(2);
    expect(wrong.calls).toEqual([]);
  });

  test('ends with 130 at Ctrl-C and takes nothing down', async () => {
    const world = withProfile(makeWorld({ supervisor: { tunnels: [connecting()], events: [[snapshotEvent(connecting())]] } }));
    world.onDrained = () => world.interrupt.abort();
    const { code, err } = await run(world, 'up', 'db-prod');
    expect(code).toBe(130);
    expect(err).toContain('goes on in the background');
    expect(world.calls).toEqual([]);
  });

  test('goes on waiting when the supervisor dies and its successor brings the tunnel up', async () => {
    const world = withProfile(makeWorld());
    world.supervisor = { tunnels: [connecting()], events: [[snapshotEvent(connecting())], [snapshotEvent(tunnel())]] };
    // The stream ended; the pause before looking again is over as soon as it is asked for.
    const wake = setInterval(() => world.waits.filter(({ ms }) => ms === 250).forEach((wait) => wait.wake()), 1);
    const { code } = await run(world, 'up', 'db-prod');
    clearInterval(wake);
    expect(code).toBe(0);
  });

  test('runs the supervisor in this process with --foreground', async () => {
    const world = withProfile(makeWorld());
    const { code } = await run(world, 'up', 'db-prod', '--foreground');
    expect(code).toBe(0);
    expect(world.runs).toEqual([expect.objectContaining({ logToStderr: true, up: [expect.objectContaining({ name: 'db-prod' })] })]);
    expect(world.calls).toEqual(['release']);
  });

  test('brings up a group, and each profile once', async () => {
    const world = withProfile(withProfile(makeWorld({ supervisor: { tunnels: [] } })), 'db-two', PROFILE.replace('15432', '15433'));
    await run(world, 'up', 'prod', 'db-*', '--no-wait');
    expect(world.requests.map(({ name }) => name)).toEqual(['db-prod', 'db-two']);
  });

  test('what the supervisor refuses for one tunnel keeps no other from coming up', async () => {
    const world = withProfile(withProfile(makeWorld()), 'db-two', PROFILE.replace('15432', '15433'));
    const refusal = new ProblemError(problem('supervisor-refused', { why: 'no reason' }));
    world.supervisor = {
      tunnels: [],
      events: [[snapshotEvent(tunnel())]],
      onUp: (name) => {
        if (name === 'db-two') throw refusal;
        return connecting();
      },
    };
    const { code, out, err } = await run(world, 'up', 'prod');
    expect(code).toBe(1);
    expect(out).toContain('postgres');
    expect(err).toContain('no reason');
  });
});

describe('tunnels up refuses before anything is started', () => {
  test('a profile with errors, all of them at once', async () => {
    const world = withProfile(makeWorld(), 'bad', 'hops: [a]\nforwads: []\nhold: soon\n');
    const { code, err } = await run(world, 'up', 'bad');
    expect(code).toBe(2);
    expect(err).toMatch(/bad\.yaml:2:1/);
    expect(err).toMatch(/bad\.yaml:3:/);
    expect(world.calls).toEqual([]);
  });

  test('a name that means nothing, with the nearest one', async () => {
    const world = withProfile(makeWorld());
    const { code, err } = await run(world, 'up', 'db-prdo');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean db-prod?');
    expect(world.calls).toEqual([]);
  });

  test('half a tunnel on the command line', async () => {
    const world = withProfile(makeWorld());
    expect((await run(world, 'up', '-p', '22', 'db-prod')).err).toContain('Add -L, -R or -D');
    expect((await run(world, 'up', '-L', '8080:h:80')).err).toContain('The server to connect to is missing');
    expect((await run(world, 'up', '-L', '8080:h:80', 'host', 'uptime')).err).toContain('runs no command');
    expect((await run(world, 'up', '-l', 'bob', '-L', '8080:h:80', 'ann@host')).code).toBe(2);
    expect((await run(world, 'up', '-L', '8080:h:80', '--name', '../x', 'host')).code).toBe(2);
    expect((await run(world, 'up', '-L', '1:h:2', '-L', '1:h:3', 'host')).code).toBe(2);
    expect((await run(world, 'up')).code).toBe(2);
    expect((await run(world, 'up', 'db-prod', '--wait', 'soon')).code).toBe(2);
    expect((await run(world, 'up', 'db-prod', '--wait', '5', '--no-wait')).code).toBe(2);
    expect(world.calls).toEqual([]);
  });
});

describe("tunnels up with ssh's flags", () => {
  test('makes a profile document of a pasted ssh line', async () => {
    const world = makeWorld();
    const line = [
      '-fNL5432:db:5432',
      '-R',
      '8080:localhost:80',
      '-D1080',
      '-J',
      'ann@a:2201,b',
      '-p2222',
      '-i',
      '~/.ssh/k',
      '-F',
      'my.conf',
      '-oCompression=yes',
      'bob@host',
    ];
    await run(world, 'up', ...line, '--no-wait');
    expect(world.requests).toEqual([
      {
        name: 'host',
        request: {
          origin: 'command line',
          profile: {
            hops: ['ann@a:2201', 'b', { host: 'host', user: 'bob', port: 2222, identity: [join(world.home, '.ssh/k')] }],
            forwards: [{ local: '5432', to: 'db:5432' }, { remote: '8080', to: 'localhost:80' }, { dynamic: '1080' }],
            sshConfig: join(world.home, 'my.conf'),
            sshOptions: ['Compression=yes'],
          },
        },
      },
    ]);
  });

  test('takes the name that is given', async () => {
    const world = makeWorld();
    await run(world, 'up', '-D', '1080', '--name', 'proxy', '::1', '--no-wait');
    expect(world.requests[0]?.name).toBe('proxy');
  });
});
