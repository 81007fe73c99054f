import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort, isFree } from '../support/free-port.ts';
import { makeKey, startAgent } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot, run } from '../support/run.ts';
import { statusOf, untilTunnel } from '../support/status.ts';
import { tempDir } from '../support/temp-home.ts';

/** How a user may say where to go and who he is. */
describe.runIf(isRoot)('`tunnels up`', () => {
  const parts = {} as { lab: Lab; echo: Target };
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  const said = async (port: number): Promise<string> => (await run('sh', ['-c', `echo ping | nc -w 20 -N 127.0.0.1 ${port}`])).stdout;
  /** An ssh_config that calls the two servers `gate` and `inner`, the second behind the first. */
  const config = (): string => {
    const { bastion, far, user } = parts.lab;
    const hosts = [
      `Host gate\n  HostName ${bastion.host}\n  Port ${bastion.port}\n  User ${user.name}\n`,
      `Host inner\n  HostName ${far.host}\n  Port ${far.port}\n  User ${user.name}\n  ProxyJump gate\n`,
    ];
    return hosts.join('');
  };

  test('takes the flags of ssh, and each of its forwards works', async () => {
    const { cli, bastion, far, user, key } = parts.lab;
    const [local, remote, socks] = [await freePort(), await freePort(), await freePort()];
    const forwards = ['-L', `${local}:${parts.echo.to}`, '-R', `${remote}:${parts.echo.to}`, `-D${socks}`];
    const way = ['-J', `${user.name}@${bastion.host}:${bastion.port}`, '-p', String(far.port), '-i', key.path, '-o', 'ConnectTimeout=9'];
    const ran = await cli.run(['up', ...forwards, ...way, '--name', 'by-hand', `${user.name}@${far.host}`]);
    expect(ran.code, ran.stderr).toBe(0);
    for (const port of [local, remote, socks]) expect(ran.stdout).toContain(`127.0.0.1:${port}`);
    expect([await said(local), await said(remote)]).toEqual(['ping\n', 'ping\n']);
    const web = await startTarget({ behaviour: 'web' });
    const got = await run('curl', ['-sS', '-x', `socks5h://127.0.0.1:${socks}`, `http://localhost:${web.port}/`]);
    expect(got.stdout, got.stderr).toBe('hello\n');
    const { hops } = await statusOf(cli, 'by-hand');
    expect(hops.map(({ port, state }) => [port, state])).toEqual([
      [bastion.port, 'up'],
      [far.port, 'up'],
    ]);
    await web.stop();
  });

  test('goes the way that an alias of ssh_config has, its ProxyJump too', async () => {
    const { cli, home, bastion, far } = parts.lab;
    home.write('.ssh/config', config());
    const port = await freePort();
    parts.lab.profile('alias', [`{ local: ${port}, to: "${parts.echo.to}" }`], { hops: 'hops: [inner]\n' });
    const ran = await cli.run(['up', 'alias']);
    expect(ran.code, ran.stderr).toBe(0);
    expect(await said(port)).toBe('ping\n');
    expect((await statusOf(cli, 'alias')).hops.map((hop) => hop.port)).toEqual([bastion.port, far.port]);
  });

  test('goes the same way where no ssh is installed', async () => {
    const { cli, home } = parts.lab;
    home.write('.ssh/config', config());
    const port = await freePort();
    parts.lab.profile('without-ssh', [`{ local: ${port}, to: "${parts.echo.to}" }`], { hops: 'hops: [inner]\n' });
    await cli.run(['supervisor', 'stop']);
    // A PATH with nothing but node: the supervisor finds no ssh to ask.
    const bin = tempDir();
    await run('chmod', ['755', bin]);
    await run('ln', ['-s', process.execPath, '/bin/sh', '/usr/bin/env', '/usr/bin/setpriv', '/bin/date', '/bin/sleep', bin]);
    const ran = await cli.run(['up', 'without-ssh'], { env: { PATH: bin } });
    expect(ran.code, ran.stderr).toBe(0);
    expect(await said(port)).toBe('ping\n');
    await cli.run(['supervisor', 'restart']);
  });

  test('logs in with a key that only the agent of this command has, also once the supervisor was started again without it', async () => {
    const { cli, user, bastion, far } = parts.lab;
    const key = await makeKey(tempDir(), { name: 'kept' });
    const agent = await startAgent({ as: user });
    await agent.add(key.path);
    await run('rm', [key.path, `${key.path}.pub`]);
    for (const server of [bastion, far]) server.authorize(key.publicLine);
    const from = [bastion.log().length, far.log().length] as const;
    const env = { SSH_AUTH_SOCK: agent.socket };
    await cli.run(['supervisor', 'restart']);
    const port = await freePort();
    const hops = `hops:\n${[bastion, far].map((it) => `  - ${user.name}@${it.host}:${it.port}\n`).join('')}`;
    parts.lab.profile('by-agent', [`{ local: ${port}, to: "${parts.echo.to}" }`], { hops });
    const ran = await cli.run(['up', 'by-agent'], { env });
    expect(ran.code, ran.stderr).toBe(0);
    expect(await said(port)).toBe('ping\n');
    const accepted = new RegExp(`Accepted publickey for ${user.name} .* ${key.fingerprint.replaceAll(/[+/]/g, '\\$&')}`);
    expect(bastion.log().slice(from[0])).toMatch(accepted);
    expect(far.log().slice(from[1])).toMatch(accepted);
    await cli.run(['supervisor', 'restart']);
    await untilTunnel(cli, 'by-agent', ({ state }) => state === 'up');
    const doctor = await cli.run(['doctor', 'by-agent'], { env });
    expect(doctor.code, doctor.stdout).toBe(0);
    await cli.run(['down', 'by-agent']);
    await agent.stop();
  });

  test('is blocked where its agent has no key, and `restart` from a shell with the right agent mends it', async () => {
    const { cli, user, bastion } = parts.lab;
    const key = await makeKey(tempDir(), { name: 'late' });
    const [empty, agent] = [await startAgent({ as: user }), await startAgent({ as: user })];
    await agent.add(key.path);
    await run('rm', [key.path, `${key.path}.pub`]);
    bastion.authorize(key.publicLine);
    const forward = ['-L', `${await freePort()}:${parts.echo.to}`, '-p', String(bastion.port), '-i', join(tempDir(), 'none')];
    const up = await cli.run(['up', ...forward, '--name', 'late', `${user.name}@${bastion.host}`], {
      env: { SSH_AUTH_SOCK: empty.socket },
    });
    expect(up.code).toBe(4);
    const restarted = await cli.run(['restart', 'late'], { env: { SSH_AUTH_SOCK: agent.socket } });
    expect(restarted.code, restarted.stderr).toBe(0);
    expect((await statusOf(cli, 'late')).state).toBe('up');
    await cli.run(['down', 'late']);
    await Promise.all([empty.stop(), agent.stop()]);
  });

  test('needs no HOME: the password database knows where the user lives', async () => {
    const { cli, home, user } = parts.lab;
    const env = { HOME: undefined, TUNNELS_HOME: undefined };
    const port = await freePort();
    const { hops } = parts.lab;
    home.write('.config/tunnels/profiles/homeless.yaml', `${hops}forwards:\n  - { local: ${port}, to: "${parts.echo.to}" }\n`);
    const ran = await cli.run(['up', 'homeless'], { env });
    expect(ran.code, ran.stderr).toBe(0);
    expect(await said(port)).toBe('ping\n');
    expect((await run('ls', [join(user.home, '.local/state/tunnels')])).stdout).toContain('wanted.json');
    expect((await cli.run(['down', 'homeless'], { env })).code).toBe(0);
    expect(await isFree(port)).toBe(true);
    expect((await cli.run(['supervisor', 'stop'], { env })).code).toBe(0);
  });
});
