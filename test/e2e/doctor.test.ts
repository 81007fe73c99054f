import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorReport, Finding } from '../../src/model/finding.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';

type World = { healthy: Lab; strict: Lab; files: Lab };

/** What lies in the account's home, known_hosts with its content; not what the command keeps in its own directory. */
function homeOf({ user, home }: Lab): string[] {
  const own = relative(user.home, home.tunnelsHome);
  const paths = (readdirSync(user.home, { recursive: true }) as string[]).filter((path) => path !== own && !path.startsWith(`${own}/`));
  return [...paths.toSorted(), readFileSync(join(user.home, '.ssh/known_hosts'), 'utf8')];
}

async function doctor(lab: Lab, ...args: string[]): Promise<{ code: number | null; findings: Finding[] }> {
  const ran = await lab.cli.run(['doctor', ...args, '--json']);
  return { code: ran.code, findings: ran.json<DoctorReport>().findings };
}

const only = (findings: readonly Finding[], check: string): Finding[] => findings.filter((one) => one.check === check);

describe.runIf(isRoot)('tunnels doctor, on real servers', () => {
  const world = {} as World;

  beforeAll(async () => {
    const [healthy, strict, files] = await Promise.all([
      makeLab({ bastion: { config: ['ClientAliveInterval 15', 'ClientAliveCountMax 3'] } }),
      makeLab({ bastion: { config: ['PermitListen 127.0.0.1:1'] } }),
      makeLab({ bastion: { config: ['GatewayPorts yes', 'ClientAliveInterval 20', 'Match User *', 'ForceCommand internal-sftp'] } }),
    ]);
    Object.assign(world, { healthy, strict, files });
  });

  afterAll(async () => {
    await Promise.all(Object.values(world).map((lab) => lab.dispose()));
  });

  test('finds nothing wrong with a healthy profile, and leaves everything as it was', async () => {
    const { healthy } = world;
    const [local, remote] = [await freePort(), await freePort()];
    healthy.profile('fit', [
      `{ name: web, local: ${local}, to: "127.0.0.1:80" }`,
      `{ name: hook, remote: "127.0.0.1:${remote}", on: "${healthy.bastion.host}:${healthy.bastion.port}", to: "127.0.0.1:80" }`,
    ]);
    const before = homeOf(healthy);
    const { code, findings } = await doctor(healthy, 'fit');
    expect(findings.filter(({ severity }) => severity === 'error' || severity === 'warning')).toEqual([]);
    expect(code).toBe(0);
    for (const check of [
      'profile',
      'ssh-config',
      'credentials',
      'host-key',
      'reachable',
      'cipher',
      'client-alive',
      'account',
      'local-binding',
      'remote-binding',
    ])
      expect(
        only(findings, check).map(({ severity }) => severity),
        check,
      ).toContain('ok');
    expect(homeOf(healthy)).toEqual(before);
    expect(existsSync(join(healthy.home.tunnelsHome, 'sessions.json'))).toBe(false);
    const log = healthy.bastion.log();
    expect(log).not.toContain('tcpip-forward');
    expect(log.match(/Accepted publickey/g)).toHaveLength(1);
    expect(healthy.far.log().match(/Accepted publickey/g)).toHaveLength(1);
  });

  test('finds a server without ClientAliveInterval and a port that PermitListen leaves out, and exits with 5', async () => {
    const { strict } = world;
    const remote = await freePort();
    strict.profile('hook', [`{ name: hook, remote: "127.0.0.1:${remote}", to: "127.0.0.1:80" }`], { hops: strict.oneHop });
    const before = homeOf(strict);
    const { code, findings } = await doctor(strict, 'hook');
    expect(code).toBe(5);
    const [alive] = only(findings, 'client-alive');
    expect(alive).toMatchObject({ severity: 'warning' });
    expect(alive?.fix).toContain('\nClientAliveInterval 15\nClientAliveCountMax 3');
    expect(alive?.why).toContain('2h 11m');
    const [policy] = only(findings, 'forwarding-policy');
    expect(policy).toMatchObject({ severity: 'error', exitCode: 5 });
    expect(policy?.fix).toContain(`PermitListen 127.0.0.1:1 127.0.0.1:${remote}`);
    expect(homeOf(strict)).toEqual(before);
  });

  test('warns of ports that either machine gives its own connections', async () => {
    const { healthy } = world;
    healthy.profile('high', ['{ name: web, local: 45678, to: "127.0.0.1:80" }', '{ name: hook, remote: 45679, to: "127.0.0.1:80" }'], {
      hops: healthy.oneHop,
    });
    const { findings } = await doctor(healthy, 'high');
    expect(only(findings, 'local-port')).toMatchObject([{ severity: 'warning', what: expect.stringContaining('45678') }]);
    expect(only(findings, 'remote-port')).toMatchObject([{ severity: 'warning', what: expect.stringContaining('45679') }]);
  });

  test('sees by SFTP alone that GatewayPorts would open a loopback to all, and what it costs that there is no shell', async () => {
    const { files } = world;
    files.profile('hook', [`{ name: hook, remote: "127.0.0.1:${await freePort()}", to: "127.0.0.1:80" }`], { hops: files.oneHop });
    const { code, findings } = await doctor(files, 'hook');
    expect(only(findings, 'gateway-ports')).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(only(findings, 'account')).toMatchObject([{ severity: 'note', what: expect.stringContaining('by SFTP it can be seen') }]);
    expect(only(findings, 'client-alive')).toMatchObject([{ severity: 'ok', what: expect.stringContaining('after 2m 40s') }]);
    expect(only(findings, 'remote-binding')).toMatchObject([{ severity: 'ok' }]);
    expect(code).toBe(5);
  });

  test('names the process that holds a local port', async () => {
    const { healthy } = world;
    const port = await freePort();
    const holder = await listener(port, healthy.user);
    healthy.profile('taken', [`{ name: web, local: ${port}, to: "127.0.0.1:80" }`], { hops: healthy.oneHop });
    const { code, findings } = await doctor(healthy, 'taken');
    const [held] = only(findings, 'local-binding');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(held).toMatchObject({ severity: 'error', exitCode: 5 });
    expect(held?.what).toContain(`pid ${holder.pid}`);
    expect(code).toBe(5);
    expect(only((await doctor(healthy, 'taken')).findings, 'local-binding')).toMatchObject([{ severity: 'ok' }]);
  });

  test('tells a binding of its own live tunnel from one that is held', async () => {
    const { healthy } = world;
    const remote = await freePort();
    healthy.profile('mine', [`{ name: hook, remote: "127.0.0.1:${remote}", to: "127.0.0.1:80" }`], { hops: healthy.oneHop });
    healthy.profile('rival', [`{ name: hook, remote: "127.0.0.1:${remote}", to: "127.0.0.1:80" }`], { hops: healthy.oneHop });
    expect((await healthy.cli.run(['up', 'mine'])).code).toBe(0);
    expect(only((await doctor(healthy, 'mine')).findings, 'remote-binding')).toMatchObject([{ severity: 'ok' }]);
    const { code, findings } = await doctor(healthy, 'rival');
    expect(only(findings, 'remote-binding')).toMatchObject([{ severity: 'error', exitCode: 5 }]);
    expect(only(findings, 'remote-binding')[0]?.fix).toContain('tunnels down mine');
    expect(code).toBe(5);
    expect((await healthy.cli.run(['why', 'mine'])).stdout).toContain('No binding of mine was in trouble.');
    expect((await healthy.cli.run(['down', 'mine'])).code).toBe(0);
  });

  test('examines a tunnel that was brought up without a profile, and says of a name that is neither that there is no profile', async () => {
    const { cli, bastion, user, key } = world.healthy;
    const to = ['-p', String(bastion.port), '-i', key.path, `${user.name}@${bastion.host}`];
    expect((await cli.run(['up', '-L', `${await freePort()}:127.0.0.1:80`, ...to, '--name', 'adhoc'])).code).toBe(0);
    const { code, findings } = await doctor(world.healthy, 'adhoc');
    expect(code).toBe(0);
    expect(only(findings, 'profile')).toMatchObject([{ severity: 'ok', what: expect.stringContaining('command line') }]);
    expect(only(findings, 'reachable')).toMatchObject([{ severity: 'ok' }]);
    expect(only(findings, 'local-binding')).toMatchObject([{ severity: 'ok', what: expect.stringContaining('itself listens') }]);
    expect(await cli.run(['doctor', 'adhocc'])).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no profile') });
    expect((await cli.run(['down', 'adhoc'])).code).toBe(0);
  });

  test('finds the socket file that a tunnel left behind, and does not take it away', async () => {
    const { healthy } = world;
    const path = join(healthy.user.home, 'left.sock');
    healthy.profile('socket', [`{ name: sock, remote: ${path}, to: "127.0.0.1:80" }`], { hops: healthy.oneHop });
    expect((await healthy.cli.run(['up', 'socket'])).code).toBe(0);
    expect(only((await doctor(healthy, 'socket')).findings, 'remote-binding')).toMatchObject([{ severity: 'ok' }]);
    expect((await healthy.cli.run(['down', 'socket'])).code).toBe(0);
    // What down leaves there is another matter; here it is as sshd leaves it.
    if (!existsSync(path)) await leftSocket(path, healthy.user);
    const { code, findings } = await doctor(healthy, 'socket');
    expect(only(findings, 'remote-binding')).toMatchObject([{ severity: 'warning', what: expect.stringContaining('nobody listens') }]);
    expect(code).toBe(0);
    expect(existsSync(path)).toBe(true);
  });

  test('says in words what it found, and only problems with --quiet', async () => {
    const { strict } = world;
    const all = await strict.cli.run(['doctor', 'hook']);
    const quiet = await strict.cli.run(['doctor', 'hook', '--quiet']);
    expect(all.stdout).toContain('✓');
    expect(quiet.stdout).not.toContain('✓');
    expect(quiet.stdout).toContain('(forwarding-policy)');
    expect(quiet.stderr).toBe('');
  });

  test('calls a hop that is not there an error, and does not try those behind it', async () => {
    const { healthy } = world;
    const port = await freePort();
    healthy.profile('gone', ['{ name: web, local: 0, to: "127.0.0.1:80" }'], {
      hops: `hops:\n  - { host: 127.0.0.1, port: ${port}, user: nobody, identity: ${healthy.key.path} }\n  - { host: behind.invalid, user: nobody, identity: ${healthy.key.path} }\n`,
    });
    const { code, findings } = await doctor(healthy, 'gone');
    expect(only(findings, 'reachable').map(({ severity }) => severity)).toEqual(['error', 'note']);
    expect(code).toBe(1);
  });
});

/** A program of that user that listens, as a forgotten server does. */
async function listener(port: number, { uid, gid }: { uid: number; gid: number }): Promise<ChildProcess> {
  const script = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('listens'))`;
  const child = spawn(process.execPath, ['-e', script], { uid, gid, stdio: ['ignore', 'pipe', 'ignore'], cwd: '/' });
  await once(child.stdout!, 'data');
  return child;
}

/** A socket's file whose listener was killed. */
async function leftSocket(path: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  const script = `require('node:net').createServer().listen('${path}', () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script], { uid, gid, stdio: 'ignore', cwd: '/' }), 'exit');
}
