import { cpSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtCommand } from '../support/built-command.ts';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { commandOf } from '../support/proc.ts';
import { isRoot, must, run } from '../support/run.ts';
import { snapshot, statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** The installed command's processes among others: races, pipes, a full disk, another version. */
describe.runIf(isRoot)('the command and its supervisor', () => {
  const parts = {} as { lab: Lab; echo: Target };
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
    lab.profile('t', [`{ local: ${await freePort()}, to: "${echo.to}" }`]);
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  /** Without their keepers, which are shells. */
  const supervisors = (): number[] => parts.lab.cli.processes().filter((pid) => commandOf(pid).startsWith(`${process.execPath} `));
  const sh = (script: string) => run('sh', ['-c', script]);

  test('20 commands at once, after supervisor and keeper were killed, start one supervisor and all succeed', async () => {
    const { cli } = parts.lab;
    await cli.run(['up', 't']);
    for (const pid of cli.processes()) process.kill(pid, 'SIGKILL');
    const ran = await Promise.all(Array.from({ length: 20 }, () => cli.run(['up', 't', '--json'])));
    expect(ran.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(Array.from({ length: 20 }, () => 0));
    expect(new Set(ran.map((each) => each.json<{ tunnels: { state: string }[] }>().tunnels[0]?.state))).toEqual(new Set(['up']));
    await until(() => supervisors().length === 1, { what: 'those who came too late to be gone' });
    expect(supervisors()).toEqual([(await snapshot(cli)).supervisor?.pid]);
  });

  test('a reader that goes away, a closed output and a full one: only the last is an error, and is told', async () => {
    const { cli } = parts.lab;
    const status = cli.line(['status', '--json']);
    expect(await sh(`(${status}) | true`)).toMatchObject({ code: 0, stderr: '' });
    expect(await sh(`(${status}) >&-`)).toMatchObject({ stderr: '' });
    const full = await sh(`(${status}) > /dev/full`);
    expect(full.code).toBe(1);
    expect(full.stderr).toContain('ENOSPC');
  });

  test('what follows a log ends at the first line that nobody reads any more', async () => {
    const { cli } = parts.lab;
    const reader = { done: false };
    const followed = sh(`(${cli.line(['logs', '-f'])}) | head -n 1`).finally(() => {
      reader.done = true;
    });
    const restarted = async (): Promise<boolean> => (await cli.run(['restart', 't'])).code === 0 && reader.done;
    await until(restarted, { what: 'logs -f to end', withinMs: 60_000 });
    expect(await followed).toMatchObject({ code: 0, stderr: '' });
  });

  test('`up` does its work though nobody reads what it says', async () => {
    const { cli } = parts.lab;
    await cli.run(['down', 't']);
    await sh(`(${cli.line(['up', 't'])}) >&- 2>&-`);
    expect((await statusOf(cli, 't')).state).toBe('up');
  });

  test('another version is told in one line, and works on', async () => {
    const { cli, home } = parts.lab;
    const other = await otherVersion();
    await cli.run(['supervisor', 'stop']);
    const as = ['setpriv', '--reuid', String(parts.lab.user.uid), '--regid', String(parts.lab.user.gid), '--clear-groups'];
    await must('env', [
      '-i',
      `PATH=${process.env['PATH']}`,
      ...Object.entries(home.env).map(([k, v]) => `${k}=${v}`),
      ...as,
      process.execPath,
      join(other, 'tunnels.js'),
      'supervisor',
      'start',
    ]);
    const { stderr, code } = await cli.run(['status']);
    expect(code).toBe(0);
    expect(stderr).toContain('99.0.0');
    expect(stderr).toContain('tunnels supervisor restart');
    expect((await cli.run(['status', '--quiet'])).stderr).toBe('');
    expect((await cli.run(['supervisor', 'restart'])).code).toBe(0);
    expect((await cli.run(['status'])).stderr).toBe('');
    await untilTunnel(cli, 't', ({ state }) => state === 'up');
    rmSync(other, { recursive: true });
  });

  test('a full disk: the tunnel comes up, what could not be kept is told, and is kept once there is room', async () => {
    const { cli, home, user } = parts.lab;
    await cli.run(['supervisor', 'stop']);
    const disk = join(user.home, 'disk');
    mkdirSync(disk);
    await must('mount', ['-t', 'tmpfs', '-o', `size=1m,mode=700,uid=${user.uid},gid=${user.gid}`, 'tmpfs', disk]);
    try {
      const env = { TUNNELS_HOME: disk };
      cpSync(join(home.tunnelsHome, 'profiles'), join(disk, 'profiles'), { recursive: true });
      await must('chown', ['-R', `${user.uid}:${user.gid}`, disk]);
      expect((await cli.run(['up', 't'], { env })).code).toBe(0);
      const kept = readFileSync(join(disk, 'wanted.json'), 'utf8');
      await sh(`dd if=/dev/zero of=${disk}/fill bs=4k; true`);
      const ran = await cli.run(['down', 't'], { env });
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('ENOSPC');
      expect(readFileSync(join(disk, 'wanted.json'), 'utf8')).toBe(kept);
      expect((await cli.run(['status', 't', '--json'], { env })).json<{ tunnels: { state: string }[] }>().tunnels[0]?.state).toBe('down');
      await must('rm', [join(disk, 'fill')]);
      expect((await cli.run(['down', 't'], { env })).code).toBe(0);
      expect(JSON.parse(readFileSync(join(disk, 'wanted.json'), 'utf8'))).toMatchObject({ value: [{ name: 't', wanted: 'down' }] });
      await cli.run(['supervisor', 'stop'], { env });
    } finally {
      await run('umount', ['-l', disk]);
    }
  });
});

/** The same package with another version in it, where its dependencies are found. */
async function otherVersion(): Promise<string> {
  const argv = await builtCommand();
  const dist = dirname(realpathSync(argv.at(-1) as string));
  const { version } = JSON.parse(readFileSync(join(dist, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(dist, '..', 'node_modules', '.another-version');
  rmSync(copy, { recursive: true, force: true });
  cpSync(dist, copy, { recursive: true });
  for (const file of readdirSync(copy, { recursive: true, encoding: 'utf8' }).filter((name) => /\.c?js$/.test(name))) {
    const text = readFileSync(join(copy, file), 'utf8');
    if (text.includes(`"${version}"`)) writeFileSync(join(copy, file), text.replaceAll(`"${version}"`, '"99.0.0"'));
  }
  return copy;
}
