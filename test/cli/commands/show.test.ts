import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LogLine } from '../../../src/api/contract.ts';
import type { TunnelSnapshot } from '../../../src/model/snapshot.ts';
import { type FakeSupervisor, forward, makeWorld, run, snapshotEvent, tunnel } from '../fake-given.ts';

const trouble = tunnel({
  name: 'web',
  state: 'reconnecting',
  because: { code: 'link-silent', text: 'bastion has not answered for 45s.', next: 'Nothing: tunnels goes on trying.' },
  retryAt: '2026-11-23T08:03:12.000Z',
  forwards: [forward({ name: 'http', state: 'binding', on: 'bastion', listen: { host: '::1', port: 80 }, to: { path: '/run/x.sock' } })],
});

describe('tunnels status', () => {
  test('shows a row for each forward and what is wrong below', async () => {
    const { code, out, err } = await run(makeWorld({ supervisor: { tunnels: [tunnel(), trouble] } }), 'status');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      'NAME     STATE         SINCE   FORWARD   LISTENS ON           TO                IS         CONNECTIONS',
      'db-prod  up            3m ago  postgres  127.0.0.1:15432      db.internal:5432  listening  1 open, 5 in all',
      'web      reconnecting  3m ago  http      [::1]:80 on bastion  /run/x.sock       binding    1 open, 5 in all',
      '',
      '! web: bastion has not answered for 45s. Next try in 12s.',
      '  → Nothing: tunnels goes on trying.',
      '',
    ]);
  });

  test('tells of an odd binding once, with what to do', async () => {
    const warning = { code: 'half-bound', text: 'Half of it.', next: 'Look.' };
    const { out } = await run(makeWorld({ supervisor: { tunnels: [tunnel({ forwards: [forward({ warning })] })] } }), 'status');
    expect(out.split('\n').slice(2)).toEqual(['', '! db-prod postgres: Half of it.', '  → Look.', '']);
  });

  test('with --verbose shows what each connection is and holds, and once what all of them take of which limit, in 80 columns', async () => {
    const [user, MiB] = ['deploy', 1024 ** 2];
    const hops: TunnelSnapshot['hops'] = [
      {
        host: 'bastion.europe-west.example.com',
        port: 22,
        user,
        state: 'up',
        rttMs: 11.84,
        cipher: 'chacha20-poly1305@openssh.com',
        data: { path: 'own-channels', channels: 3, windows: 6 * MiB, queued: 12_288 },
      },
      {
        host: '::1',
        port: 2222,
        user,
        state: 'up',
        rttMs: null,
        cipher: 'x',
        data: { path: 'ssh2', channels: 1, windows: 2 * MiB, queued: 0 },
      },
      { host: 'db', port: 22, user: '', state: 'connecting', rttMs: null },
    ];
    const memory = {
      resident: 90 * MiB,
      windows: 8 * MiB,
      queued: 12_288,
      limits: { channel: 32 * MiB, link: 128 * MiB, supervisor: 1024 * MiB },
    };
    const world = makeWorld({ supervisor: { tunnels: [tunnel({ hops })], memory } });
    const { out } = await run(world, 'status', '--verbose');
    const details = out.split('\n').slice(2);
    expect(details).toEqual([
      '',
      'db-prod → deploy@bastion.europe-west.example.com:22',
      '  up, 11.8 ms, chacha20-poly1305@openssh.com, data path without native parts',
      '  3 channels open, windows 6 MiB, 12 KiB queued',
      'db-prod → deploy@[::1]:2222',
      "  up, x, ssh2's own data path",
      '  1 channel open, windows 2 MiB, 0 B queued',
      'db-prod → db:22',
      '  connecting',
      'The supervisor takes 90 MiB of memory, 12 KiB of it queued.',
      '  windows 8 MiB of 1 GiB; a connection 128 MiB, a channel 32 MiB',
      '',
    ]);
    expect(details.filter((line) => line.length > 80)).toEqual([]);
    expect((await run(world, 'status')).out).toBe(out.split('\n').slice(0, 2).join('\n') + '\n');
    world.supervisor = { tunnels: [], memory: { ...memory, limits: null } };
    expect((await run(world, 'status', '--verbose')).out).toContain('\n  windows 8 MiB, of a fixed size for each channel\n');
    world.supervisor = { tunnels: [] };
    expect((await run(world, 'status', '--verbose')).out).toBe('');
  });

  test('prints the snapshot as it came with --json', async () => {
    const { json } = await run(makeWorld({ supervisor: { tunnels: [tunnel()] } }), 'ps', '--json');
    expect(json()).toMatchObject({ schemaVersion: 1, supervisor: { pid: 4711 }, tunnels: [tunnel()] });
  });

  test('colours a terminal, and not where NO_COLOR or --no-color says so', async () => {
    const world = () => makeWorld({ tty: true, supervisor: { tunnels: [tunnel()] } });
    expect((await run(world(), 'status')).out).toContain('\u001b[');
    expect((await run(world(), 'status', '--no-color')).out).not.toContain('\u001b[');
    expect((await run({ ...world(), env: { NO_COLOR: '1' } }, 'status')).out).not.toContain('\u001b[');
  });

  test('starts no supervisor: without one there are no tunnels, which is no error', async () => {
    const world = makeWorld({ supervisor: null });
    expect((await run(world, 'status', '--json')).json()).toEqual({ schemaVersion: 1, supervisor: null, tunnels: [] });
    expect(await run(world, 'status')).toMatchObject({ code: 0, out: '', err: expect.stringContaining('No supervisor runs') });
    expect((await run(world, 'status', 'db-prod')).code).toBe(2);
    expect(world.calls).toEqual([]);
  });

  test('tells of a supervisor of another version, and not with --quiet', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel()], version: '0.0.1' } });
    expect((await run(world, 'status')).err).toContain('tunnels supervisor restart');
    expect((await run(world, 'status', '--quiet')).err).toBe('');
  });

  test('with --watch prints each change once until Ctrl-C, and refuses --json', async () => {
    const world = makeWorld({
      supervisor: {
        tunnels: [tunnel()],
        events: [
          [snapshotEvent(tunnel()), { type: 'tunnel', tunnel: tunnel() }, { type: 'tunnel', tunnel: { ...trouble, name: 'db-prod' } }],
        ],
      },
    });
    world.onDrained = () => world.interrupt.abort();
    const { code, out } = await run(world, 'status', '--watch');
    expect(code).toBe(130);
    expect(out.match(/listens on/g)).toHaveLength(1);
    expect(out).toContain('db-prod: reconnecting: bastion has not answered for 45s.');
    expect((await run(world, 'status', '--watch', '--json')).code).toBe(2);
  });

  test('with --watch ends quietly when nobody reads any more', async () => {
    const world = makeWorld({ supervisor: { tunnels: [tunnel()], events: [[snapshotEvent(tunnel())]] } });
    world.onDrained = () => world.unread.abort();
    expect(await run(world, 'status', '--watch')).toMatchObject({ code: 0, err: '' });
  });
});

const line: LogLine = { time: '2026-11-23T08:00:00.000Z', level: 'info', tunnel: 'db-prod', event: 'linked', text: 'bastion connected' };

describe('tunnels logs', () => {
  test('asks the supervisor for what was asked for', async () => {
    const world = makeWorld({ supervisor: { tunnels: [], logs: [line] } });
    const { out } = await run(world, 'logs', 'db-prod', '-n', '20', '--since', '10m');
    expect(out).toBe('2026-11-23T08:00:00.000Z info  db-prod bastion connected\n');
    expect(world.calls).toEqual(['logs {"name":"db-prod","lines":20,"since":"2026-11-23T07:53:00.000Z"}']);
  });

  test('is one document with --json, and cannot go on then', async () => {
    const world = makeWorld({ supervisor: { tunnels: [], logs: [line] } });
    expect((await run(world, 'logs', '--json')).json()).toEqual({ schemaVersion: 1, lines: [line] });
    expect((await run(world, 'logs', '-f', '--json')).code).toBe(2);
  });

  test('reads the files where no supervisor runs', async () => {
    const world = makeWorld({ supervisor: null });
    mkdirSync(join(world.home, 'logs'));
    writeFileSync(join(world.home, 'logs', 'supervisor.log'), `${JSON.stringify(line)}\nnot json\n`);
    expect((await run(world, 'logs')).out).toContain('bastion connected');
  });

  test.each([['--since', 'yesterday'], ['--since', ''], ['-n', 'many'], ['-n', '1.5'], ['-n']])('%s %s is refused', async (...words) => {
    expect((await run(makeWorld(), 'logs', ...words)).code).toBe(2);
  });
});

describe('a name', () => {
  const withFresh = (supervisor: FakeSupervisor | null) => {
    const world = makeWorld({ supervisor });
    mkdirSync(join(world.home, 'profiles'));
    writeFileSync(join(world.home, 'profiles', 'fresh.yaml'), 'hops: [a]\nforwards: [{ dynamic: 1080 }]\n');
    return world;
  };

  test.each([{ tunnels: [tunnel()] }, null])('of a profile that never was up is no mistake (%j)', async (supervisor) => {
    const world = withFresh(supervisor);
    const status = await run(world, 'status', 'fresh', '--json');
    expect([status.code, status.json().tunnels]).toEqual([0, []]);
    expect((await run(world, 'logs', 'fresh')).code).toBe(0);
  });

  test.each(['status', 'logs', 'why', 'down'])('that is mistyped gets the nearest tunnel or profile from %s', async (command) => {
    const { code, err } = await run(withFresh({ tunnels: [tunnel()] }), command, 'frsh');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean fresh?');
    expect((await run(withFresh({ tunnels: [tunnel()] }), command, 'db-prd')).err).toContain('Did you mean db-prod?');
  });

  test('that is mistyped is not followed for ever', async () => {
    expect((await run(withFresh({ tunnels: [] }), 'logs', '-f', 'frsh')).code).toBe(2);
  });
});
