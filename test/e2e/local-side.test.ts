import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { Story } from '../../src/model/story.ts';
import { type Background, background } from '../support/child.ts';
import { type Target, startTarget } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot, run } from '../support/run.ts';
import { portOf, statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** Ports of this machine that somebody else has, with the installed command. */
describe.runIf(isRoot)('a port of this machine', () => {
  const parts = {} as { lab: Lab; echo: Target };
  const ends: (() => unknown)[] = [];
  const names = new Set<string>();
  beforeAll(async () => {
    const [lab, echo] = await Promise.all([makeLab(), startTarget()]);
    Object.assign(parts, { lab, echo });
  });
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end();
    await parts.lab.cli.run(['down', ...names]);
    names.clear();
  });
  afterAll(async () => {
    await parts.lab?.dispose();
    await parts.echo?.stop();
  });

  async function up(name: string, forward: string, ...args: string[]) {
    names.add(name);
    const item = forward.includes('dynamic') ? forward : `${forward}, to: "${parts.echo.to}"`;
    parts.lab.profile(name, [`{ name: f, ${item} }`], { hops: parts.lab.oneHop });
    return await parts.lab.cli.run(['up', name, ...args]);
  }
  const isUp = ({ state }: TunnelSnapshot): boolean => state === 'up';

  /** A program that listens, as the tunnels' own user, so that it can be named. */
  async function holder(port: number, host = '127.0.0.1'): Promise<Background> {
    const script = `require('net').createServer((s) => s.end('holder')).listen(${port}, '${host}', () => console.log('listens'))`;
    const { uid, gid } = parts.lab.user;
    const program = background(process.execPath, ['-e', script], { uid, gid });
    ends.push(() => program.stop());
    await program.waitFor(/listens/);
    return program;
  }

  async function says(port: number, word: string, host = '127.0.0.1'): Promise<string> {
    const socket = connect({ port, host, allowHalfOpen: true });
    const answer = buffer(socket);
    socket.end(word);
    return (await answer).toString();
  }

  async function story(name: string): Promise<Story> {
    const ran = await parts.lab.cli.run(['why', name, '--json']);
    return ran.json<Story>();
  }

  test('that another tunnel has is refused with its name, and bound without a command once that is down', async () => {
    const port = await freePort();
    expect((await up('one', `local: ${port}`)).code).toBe(0);
    const refused = await up('two', `local: ${port}`);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain(`127.0.0.1:${port} on this machine is held by your own tunnel one.`);
    expect(refused.stderr).toContain('tunnels down one');
    expect((await statusOf(parts.lab.cli, 'one')).state).toBe('up');
    await parts.lab.cli.run(['down', 'one']);
    await untilTunnel(parts.lab.cli, 'two', isUp);
    expect(await says(port, 'ping')).toBe('ping');
  });

  test('that a SOCKS proxy of another tunnel has is refused in the same way', async () => {
    const port = await freePort();
    expect((await up('socks', `dynamic: ${port}`)).code).toBe(0);
    const refused = await up('proxy', `dynamic: ${port}`);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('your own tunnel socks');
  });

  test('that a program has is refused with its pid and name, and bound without a command once it has left', async () => {
    const port = await freePort();
    const program = await holder(port);
    const refused = await up('held', `local: ${port}`);
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain(`held by pid ${program.pid} (node)`);
    expect(program.running()).toBe(true);
    await program.stop();
    const tunnel = await untilTunnel(parts.lab.cli, 'held', isUp);
    expect(portOf(tunnel, 'f')).toBe(port);
    expect(tunnel.forwards[0]?.lastRecovery).toMatchObject({ verdict: 'someone-else', steps: ['wait'] });
    const told = (await story('held')).episodes.at(-1);
    expect(told).toMatchObject({ on: 'this machine', outcome: 'bound' });
    expect(told?.entries.map(({ text }) => text).join('\n')).toContain(
      `Port ${port} on this machine: 1 LISTEN on 127.0.0.1; no connections.`,
    );
  });

  test('blocks the tunnel after giveUpAfter, with the holder named, and is bound again by a command', async () => {
    const port = await freePort();
    const program = await holder(port);
    await up('given-up', `local: ${port}, giveUpAfter: 1s`);
    const tunnel = await untilTunnel(parts.lab.cli, 'given-up', ({ state }) => state === 'blocked');
    expect(tunnel.because).toMatchObject({ code: 'binding-given-up', text: expect.stringContaining(`pid ${program.pid} (node)`) });
    await program.stop();
    expect((await parts.lab.cli.run(['up', 'given-up'])).code).toBe(0);
  });

  test.each(['local', 'dynamic'])(
    'falls back where the profile allows it, and tries the wanted one again with a restart: %s',
    async (kind) => {
      const [port, other] = [await freePort(), await freePort()];
      const program = await holder(port);
      const name = `other-${kind}`;
      const ran = await up(name, `${kind}: ${port}, onConflict: [reclaim, fallback], fallbackPorts: "${other}"`);
      expect(ran.code, ran.stderr).toBe(0);
      expect(ran.stdout).toContain(`127.0.0.1:${other}`);
      expect(ran.stderr).toContain(`It fell back to 127.0.0.1:${other}, because 127.0.0.1:${port} is held by pid ${program.pid} (node).`);
      const tunnel = await statusOf(parts.lab.cli, name);
      expect(portOf(tunnel, 'f')).toBe(other);
      expect(tunnel.forwards[0]).toMatchObject({ warning: { code: 'binding-fell-back' }, lastRecovery: { steps: ['fallback'] } });
      await program.stop();
      await parts.lab.cli.run(['restart', name]);
      expect(portOf(await untilTunnel(parts.lab.cli, name, isUp), 'f')).toBe(port);
      expect((await statusOf(parts.lab.cli, name)).forwards[0]?.warning).toBeNull();
    },
  );

  test('is waited for as long as giveUpAfter says before it falls back', async () => {
    const [port, other] = [await freePort(), await freePort()];
    await holder(port);
    const ran = await up('patient', `local: ${port}, onConflict: [wait, fallback], fallbackPorts: "${other}", giveUpAfter: 1s`);
    expect(ran.code, ran.stderr).toBe(0);
    const tunnel = await statusOf(parts.lab.cli, 'patient');
    expect(portOf(tunnel, 'f')).toBe(other);
    expect(tunnel.forwards[0]?.lastRecovery?.steps).toEqual(['wait', 'fallback']);
  });

  test('asks a person when no fallback port is left, and ends nobody', async () => {
    const [port, other] = [await freePort(), await freePort()];
    const programs = [await holder(port), await holder(other)];
    const ran = await up('none-left', `local: ${port}, onConflict: [fallback], fallbackPorts: "${other}"`);
    expect(ran.code).toBe(5);
    expect((await statusOf(parts.lab.cli, 'none-left')).because?.code).toBe('no-fallback-left');
    expect(programs.every((program) => program.running())).toBe(true);
  });

  test('with connections in TIME_WAIT and FIN_WAIT2 is no trouble', async () => {
    const port = await freePort();
    const server = await listening(port);
    const left = once(server, 'connection');
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    ends.push(() => client.destroy());
    const [socket] = await left;
    socket.resume().end();
    await once(client, 'end');
    const another = connect(port, '127.0.0.1').resume();
    const [second] = await once(server, 'connection');
    second.resume().end();
    await once(another, 'close');
    server.close();
    await until(
      async () => /FIN-WAIT-2[\s\S]*TIME-WAIT|TIME-WAIT[\s\S]*FIN-WAIT-2/.test((await run('ss', ['-tanH', `( sport = :${port} )`])).stdout),
      {
        what: 'both states',
      },
    );
    const ran = await up('time-wait', `local: ${port}`);
    expect(ran.code, ran.stderr).toBe(0);
    expect((await statusOf(parts.lab.cli, 'time-wait')).forwards[0]).toMatchObject({ lastRecovery: null, warning: null });
  });

  test('of which another program has the half of localhost is shown, never silently', async () => {
    const port = await freePort();
    const program = await holder(port, '::1');
    const ran = await up('half', `local: "localhost:${port}"`);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stderr).toContain(`[::1]:${port} is held by pid ${program.pid} (node)`);
    expect((await statusOf(parts.lab.cli, 'half')).forwards[0]?.warning?.code).toBe('binding-half-here');
    expect(await says(port, 'ping')).toBe('ping');
    await program.stop();
    await untilTunnel(parts.lab.cli, 'half', ({ forwards }) => forwards[0]?.warning === null);
    expect(await says(port, 'ping', '::1')).toBe('ping');
  });

  test('in the ephemeral range is warned of, once in the log, and works', async () => {
    const port = await ephemeralPort();
    const ran = await up('ephemeral', `local: ${port}`);
    expect(ran.code, ran.stderr).toBe(0);
    expect((await statusOf(parts.lab.cli, 'ephemeral')).forwards[0]?.warning).toMatchObject({ code: 'binding-ephemeral' });
    await parts.lab.cli.run(['restart', 'ephemeral']);
    await untilTunnel(parts.lab.cli, 'ephemeral', isUp);
    const { stdout } = await parts.lab.cli.run(['logs', 'ephemeral', '-n', '200']);
    expect(stdout.match(/gives its outgoing connections/g)).toHaveLength(1);
  });

  test('is told to be held also where the tunnel connects on first use only', async () => {
    const port = await freePort();
    await holder(port);
    names.add('lazy');
    parts.lab.profile('lazy', [`{ local: ${port}, to: "${parts.echo.to}" }`], { hops: parts.lab.oneHop, more: 'idle: 1m\n' });
    expect((await parts.lab.cli.run(['up', 'lazy'])).code).toBe(5);
  });

  async function listening(port: number): Promise<Server> {
    const server = createServer({ allowHalfOpen: true }).listen(port, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => void server.close());
    return server;
  }
});

/** One that nobody has now, of those that the kernel gives out. */
async function ephemeralPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
