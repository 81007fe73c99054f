import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { isRoot, run } from '../support/run.ts';
import { snapshot, statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** One lab for all: the tests follow one user's day, in order. */
describe.runIf(isRoot)('the installed command, run by a user who is not root, through two real hops', () => {
  const parts = {} as { lab: Lab; database: Postgres; webhook: Target; local: number; remote: number };
  const select = async (): Promise<string> => (await parts.database.psql('select 6 * 7', { port: parts.local })).stdout;

  beforeAll(async () => {
    const [lab, database, webhook, local, remote] = await Promise.all([makeLab(), startPostgres(), startTarget(), freePort(), freePort()]);
    Object.assign(parts, { lab, database, webhook, local, remote });
    lab.profile('db-prod', [
      `{ name: postgres, local: ${local}, to: "127.0.0.1:${database.port}" }`,
      `{ name: webhook, remote: "127.0.0.1:${remote}", on: "${lab.bastion.host}:${lab.bastion.port}", to: "${webhook.to}" }`,
    ]);
  });

  afterAll(async () => {
    await parts.lab.dispose();
    await Promise.all([parts.database.stop(), parts.webhook.stop()]);
  });

  test('says its version and its commands', async () => {
    const { cli } = parts.lab;
    expect((await cli.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await cli.run(['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['up', 'down', 'status']) expect(help.stdout).toContain(`tunnels ${command}`);
  });

  test('`up` returns when every forward listens, and psql works through it', async () => {
    const { cli, user } = parts.lab;
    const up = await cli.run(['up', 'db-prod']);
    expect(up.code, up.stderr).toBe(0);
    expect(`${up.stdout}${up.stderr}`).toContain(String(parts.local));
    expect(await select()).toBe('42\n');
    expect((await run('sh', ['-c', `echo ping | nc -N 127.0.0.1 ${parts.remote}`])).stdout).toBe('ping\n');
    expect(await statusOf(cli, 'db-prod')).toMatchObject({ state: 'up', wanted: 'up', because: null, reconnects: 0 });
    expect((await run('stat', ['-c', '%u', `/proc/${(await snapshot(cli)).supervisor?.pid}`])).stdout.trim()).toBe(String(user.uid));
  });

  test('a killed session on the bastion is repaired with no command', async () => {
    const { cli, bastion } = parts.lab;
    bastion.killSession();
    const tunnel = await untilTunnel(cli, 'db-prod', ({ state, reconnects }) => state === 'up' && reconnects > 0);
    expect(tunnel.forwards.map(({ state }) => state)).toEqual(['listening', 'listening']);
    expect(await select()).toBe('42\n');
    expect((await run('sh', ['-c', `echo again | nc -N 127.0.0.1 ${parts.remote}`])).stdout).toBe('again\n');
  });

  test('a rebooted bastion is waited for', async () => {
    const from = (await statusOf(parts.lab.cli, 'db-prod')).reconnects;
    await parts.lab.bastion.restart();
    await untilTunnel(parts.lab.cli, 'db-prod', ({ state, reconnects }) => state === 'up' && reconnects > from);
    expect(await select()).toBe('42\n');
  });

  test('a supervisor killed with -9 comes back with its tunnels, and no command is typed', async () => {
    const { cli } = parts.lab;
    const before = (await snapshot(cli)).supervisor?.pid;
    process.kill(before!, 'SIGKILL');
    await until(async () => (await select()) === '42\n', { what: 'psql to work again', everyMs: 200, withinMs: 60_000 });
    expect((await snapshot(cli)).supervisor?.pid).not.toBe(before);
  });

  test('`down` frees every port before it returns', async () => {
    const { cli } = parts.lab;
    await untilTunnel(cli, 'db-prod', ({ state }) => state === 'up');
    const down = await cli.run(['down', 'db-prod']);
    expect(down.code, down.stderr).toBe(0);
    expect([await isFree(parts.local), await isFree(parts.remote)]).toEqual([true, true]);
    expect((await parts.database.psql('select 1', { port: parts.local })).code).not.toBe(0);
  });

  test('`supervisor stop` leaves no process', async () => {
    const { cli } = parts.lab;
    expect((await cli.run(['supervisor', 'stop'])).code).toBe(0);
    await until(() => cli.processes().length === 0, { what: 'the processes to be gone' });
  });
});
