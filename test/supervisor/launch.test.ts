import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SupervisorClient } from '../../src/api/client.ts';
import { connect, ensureSupervisor } from '../../src/cli/launch.ts';
import { problemOf } from '../../src/model/problem.ts';
import { readLogLines } from '../../src/api/log-files.ts';
import { type Paths, pathsFor } from '../../src/platform/paths.ts';
import { isAlive, send } from '../support/proc.ts';
import { run } from '../support/run.ts';
import { type TempHome, tempHome } from '../support/temp-home.ts';
import { until } from '../support/until.ts';
import { buildPrograms } from './built-supervisor.ts';

let built: Awaited<ReturnType<typeof buildPrograms>>;
let home: TempHome;
let paths: Paths;
let env: NodeJS.ProcessEnv;
let program: string;

beforeAll(async () => {
  built = await buildPrograms({ supervisor: 'bin/tunnels-supervisor.ts', ensure: 'test/supervisor/programs/ensure.ts' });
  program = join(built.directory, 'supervisor.mjs');
});
beforeEach(() => {
  home = tempHome();
  env = { PATH: process.env['PATH'], ...home.env };
  paths = pathsFor(env);
});
afterEach(async () => {
  await (await connect(paths).catch(() => null))?.stop();
  home.remove();
});
afterAll(() => built.remove());

const ensure = (): Promise<SupervisorClient> => ensureSupervisor(paths, env, { program });
const pidOf = async (client: SupervisorClient): Promise<number> => (await client.health()).pid;
const nobody = async (): Promise<boolean> => (await connect(paths)) === null;
const parentOf = (pid: number): number => Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
const another = (pid: number) =>
  until(
    async () => {
      const client = await connect(paths);
      const now = client && (await pidOf(client).catch(() => pid));
      return now !== null && now !== pid && now;
    },
    { what: 'another supervisor' },
  );
const request = { profile: {}, origin: 'test' };
const problemFrom = (promise: Promise<unknown>) => promise.then(() => null, problemOf);

describe('starting the supervisor', () => {
  test('gives a supervisor that answers, in a session of its own, at a socket for its owner only', async () => {
    expect(await connect(paths)).toBeNull();
    const pid = await pidOf(await ensure());
    const session = Number(
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[3],
    );
    expect(session).toBe(parentOf(pid));
    expect(session).not.toBe(process.pid);
    expect(statSync(paths.socket).mode & 0o777).toBe(0o600);
    expect(statSync(paths.runtime).mode & 0o777).toBe(0o700);
    expect(await pidOf(await ensure())).toBe(pid);
  });

  test('by 20 commands at once gives all of them the same one', async () => {
    const said = await Promise.all(
      Array.from({ length: 20 }, () => run(process.execPath, [join(built.directory, 'ensure.mjs'), program], { env })),
    );
    expect(new Set(said.map(({ stdout }) => stdout)).size).toBe(1);
    expect(Number(said[0]!.stdout)).toBe(await pidOf(await ensure()));
    const keepers = async (): Promise<number> =>
      (await run('ps', ['-eo', 'args'])).stdout.split('\n').filter((line) => line.includes('tunnels-keeper') && line.includes(program))
        .length;
    await until(async () => (await keepers()) === 1, { what: 'the end of the keepers that lost' });
  }, 60_000);

  test('works with a relative TUNNELS_HOME, though the supervisor runs elsewhere', async () => {
    const relativeEnv = { ...env, TUNNELS_HOME: relative(process.cwd(), home.tunnelsHome) };
    const pid = await pidOf(await ensureSupervisor(pathsFor(relativeEnv), relativeEnv, { program }));
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(await pidOf(await ensure())).toBe(pid);
  });

  test('tells in full why it failed, and leaves nothing running', async () => {
    writeFileSync(join(home.home, 'broken.mjs'), "throw new Error('the disk is made of cheese');");
    const trouble = await problemFrom(ensureSupervisor(paths, env, { program: join(home.home, 'broken.mjs') }));
    expect(trouble).toMatchObject({ code: 'supervisor-died', facts: { why: expect.stringContaining('made of cheese') } });
    await until(async () => !(await run('ps', ['-eo', 'args'])).stdout.includes('broken.mjs'), { what: 'the end of the keeper' });
  });

  test('refuses a directory that others may write, before anything runs', async () => {
    chmodSync(paths.runtime, 0o777);
    expect(await problemFrom(ensure())).toMatchObject({ code: 'directory-unusable', facts: { code: 'EMODE' } });
  });

  test.each(['/proc/tunnels', '/dev/null/tunnels', '/dev/null'])('names the directory where it cannot be made: %s', async (path) => {
    const nowhere = pathsFor({ TUNNELS_HOME: path });
    expect(await problemFrom(ensureSupervisor(nowhere, env, { program }))).toMatchObject({ code: 'directory-unusable', facts: { path } });
    expect(await connect(nowhere)).toBeNull();
  });

  test('refuses a socket path that the system would cut short, counted in bytes', async () => {
    const long = pathsFor({ TUNNELS_HOME: `${home.home}/${'ü'.repeat(45)}` });
    expect(long.socket.length).toBeLessThan(107);
    expect(await problemFrom(ensureSupervisor(long, env, { program }))).toMatchObject({ code: 'socket-path-too-long' });
    expect(await problemFrom(connect(long))).toMatchObject({ code: 'socket-path-too-long' });
  });

  test('does not replace what lies at the socket path and is no socket', async () => {
    writeFileSync(paths.socket, 'mine');
    expect(await problemFrom(ensure())).not.toBeNull();
    expect(readFileSync(paths.socket, 'utf8')).toBe('mine');
  });

  test('takes over the socket file of a supervisor that was killed', async () => {
    const pid = await pidOf(await ensure());
    send(parentOf(pid), 'SIGKILL');
    send(pid, 'SIGKILL');
    await until(() => !isAlive(pid), { what: 'its end' });
    expect(statSync(paths.socket).isSocket()).toBe(true);
    expect(await connect(paths)).toBeNull();
    expect(await pidOf(await ensure())).not.toBe(pid);
  });
});

describe('a running supervisor', () => {
  test('that is killed comes back by itself with its wanted tunnels, again and again', async () => {
    const client = await ensure();
    await client.up('db', { profile: { a: [1] }, origin: 'file' });
    await client.up('web', request);
    await client.down('web');
    const first = await pidOf(client);
    const keeper = parentOf(first);
    send(first, 'SIGKILL');
    const second = await another(first);
    expect((await client.status()).tunnels.map(({ name }) => name)).toEqual(['db']);
    send(second, 'SIGKILL');
    const third = await another(second);
    expect(parentOf(third)).toBe(keeper);
    expect((await client.status()).tunnels.map(({ name, wanted }) => [name, wanted])).toEqual([['db', 'up']]);
  });

  test('that is stopped stays away with its keeper, and what was wanted is still wanted', async () => {
    const client = await ensure();
    const pid = await pidOf(client);
    const keeper = parentOf(pid);
    await client.up('db', request);
    await client.stop();
    expect(await nobody()).toBe(true);
    await until(() => !isAlive(pid) && !isAlive(keeper), { what: 'the end of supervisor and keeper' });
    const next = await ensure();
    expect((await next.status()).tunnels.map(({ name }) => name)).toEqual(['db']);
  });

  test.each(['the supervisor', 'its keeper'])('stops for good when %s gets SIGTERM', async (who) => {
    const pid = await pidOf(await ensure());
    const keeper = parentOf(pid);
    send(who === 'its keeper' ? keeper : pid, 'SIGTERM');
    await until(() => !isAlive(pid) && !isAlive(keeper), { what: 'the end of both' });
    expect((await readLogLines(paths.logs, {})).map(({ event }) => event)).toEqual([
      'supervisor-started',
      'supervisor-stopping',
      'supervisor-stopped',
    ]);
    expect(await nobody()).toBe(true);
  });

  test('survives SIGHUP, a forgotten promise and an I/O error that nobody listened for', async () => {
    const client = await ensure();
    const pid = await pidOf(client);
    send(pid, 'SIGHUP');
    await client.up('a', { profile: { trouble: 'reject' }, origin: 'test' });
    await client.up('b', { profile: { trouble: 'io' }, origin: 'test' });
    await until(async () => (await readLogLines(paths.logs, {})).filter(({ event }) => event === 'internal').length === 2, {
      what: 'the log',
    });
    expect(await pidOf(client)).toBe(pid);
  });

  test('that hits a defect is replaced, and the log tells of it', async () => {
    const client = await ensure();
    const pid = await pidOf(client);
    await client.up('a', { profile: { trouble: 'throw' }, origin: 'test' });
    await another(pid);
    expect((await readLogLines(paths.logs, {})).find(({ event }) => event === 'internal')?.text).toContain('a defect');
    await client.down('a');
  });

  test('is not doubled by one in the foreground, which says who runs', async () => {
    const pid = await pidOf(await ensure());
    const ran = await run(process.execPath, [program], { env });
    expect(ran).toMatchObject({ code: 69, signal: null });
    expect(await pidOf(await ensure())).toBe(pid);
  });

  test('that is frozen is named by its pid in place of a silent wait', async () => {
    const pid = await pidOf(await ensure());
    send(pid, 'SIGSTOP');
    const trouble = await problemFrom(ensure());
    send(pid, 'SIGCONT');
    expect(trouble).toEqual({ code: 'supervisor-wedged', facts: { pid } });
  });
});

test('somebody else who listens silently at the socket is told as such', async () => {
  mkdirSync(paths.runtime, { recursive: true });
  const server = createServer().listen(paths.socket);
  await once(server, 'listening');
  expect(await problemFrom(connect(paths))).toMatchObject({ code: 'no-supervisor' });
  server.close();
});

test('a keeper takes little memory', async () => {
  const pid = await pidOf(await ensure());
  const rss = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${parentOf(pid)}/status`, 'utf8'))![1]);
  expect(rss).toBeLessThan(4_096);
});
