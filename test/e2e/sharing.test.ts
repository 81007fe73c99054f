import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TunnelSnapshot } from '../../src/model/snapshot.ts';
import { startTarget, type Target } from '../support/echo-server.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { portOf, statusOf, untilTunnel } from '../support/status.ts';
import { until } from '../support/until.ts';

/** Sends without end, as fast as it is read. */
async function startSource(): Promise<Server> {
  const block = Buffer.alloc(64 * 1024, 'x');
  const server = createServer((socket) => {
    const pour = (): void => {
      while (socket.writable && socket.write(block));
    };
    socket.on('drain', pour).on('error', () => {});
    pour();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** One lab for all: the tests follow two tunnels that share a connection, in order. */
describe.runIf(isRoot)('two tunnels that share a connection', () => {
  const parts = {} as { lab: Lab; echo: Target; source: Server; quiet: Socket; second: Socket; own: number | undefined };
  const logins = () => parts.lab.bastion.log().match(/Accepted publickey/g)?.length ?? 0;
  const sessions = () => parts.lab.bastion.sessions().length;
  const hasOwn = ({ ownConnection }: TunnelSnapshot) => ownConnection !== undefined;
  const through = async (tunnel: string, forward: string): Promise<Socket> => {
    const socket = connect(portOf(await statusOf(parts.lab.cli, tunnel), forward), '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const answers = async (socket: Socket, word: string): Promise<string> => {
    socket.write(word);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return String(answer);
  };
  const goesOn = (socket: Socket): Promise<boolean> => {
    const before = socket.bytesRead;
    return until(() => socket.bytesRead > before, { what: 'a transfer to go on' });
  };
  /** What is read of it is thrown away. */
  const bulk = async (tunnel: string): Promise<Socket> => (await through(tunnel, 'bulk')).resume();

  beforeAll(async () => {
    const [lab, echo, source] = await Promise.all([makeLab(), startTarget(), startSource()]);
    Object.assign(parts, { lab, echo, source });
    const { port } = source.address() as AddressInfo;
    const forwards = [`{ name: echo, local: 0, to: "${echo.to}" }`, `{ name: bulk, local: 0, to: "127.0.0.1:${port}" }`];
    lab.profile('heavy', forwards, { hops: lab.oneHop, more: 'secondLogin: when-heavy\n' });
    lab.profile('other', forwards, { hops: lab.oneHop });
    const up = await lab.cli.run(['up', 'heavy', 'other']);
    expect(up.code, up.stderr).toBe(0);
    parts.quiet = await through('other', 'echo');
  });

  afterAll(async () => {
    parts.quiet?.destroy();
    await parts.lab.dispose();
    await parts.echo.stop();
    await new Promise((resolve) => parts.source.close(resolve));
  });

  test('log in once', async () => {
    expect(await answers(parts.quiet, 'hello')).toBe('hello');
    expect([logins(), sessions()]).toEqual([1, 1]);
  });

  test('never log in twice without the key in the profile, however much they move', async () => {
    const socket = await bulk('other');
    await until(() => socket.bytesRead > 512 * 1024 * 1024, { what: 'much to be moved', withinMs: 60_000 });
    socket.destroy();
    await untilTunnel(parts.lab.cli, 'other', ({ forwards }) => forwards[1]?.connections.open === 0);
    expect([logins(), hasOwn(await statusOf(parts.lab.cli, 'other'))]).toEqual([1, false]);
  });

  test('part when one is heavy: one login more for its new connections, and nothing else is touched', async () => {
    const { cli } = parts.lab;
    const first = await bulk('heavy');
    await untilTunnel(cli, 'heavy', hasOwn);
    const [second, echo] = [await bulk('heavy'), await through('heavy', 'echo')];
    expect(await answers(echo, 'over its own')).toBe('over its own');
    const tunnel = await untilTunnel(cli, 'heavy', ({ ownConnection }) => ownConnection?.connections === 2);
    expect(tunnel).toMatchObject({ state: 'up', reconnects: 0 });
    expect([logins(), sessions()]).toEqual([2, 2]);
    expect(await answers(parts.quiet, 'still there')).toBe('still there');
    await Promise.all([first, second].map(goesOn));
    expect((await cli.run(['status', '--verbose'])).stdout).toMatch(
      /^heavy moves much and has an SSH connection of its own: 2 open over it$/m,
    );
    expect((await cli.run(['status'])).stdout).not.toContain('connection of its own');
    for (const socket of [first, second, echo]) socket.destroy();
  });

  test('are together again when it has been calm, and the second session is ended in order', async () => {
    const { cli, bastion } = parts.lab;
    await untilTunnel(cli, 'heavy', (tunnel) => !hasOwn(tunnel));
    await until(() => sessions() === 1, { what: 'the second session to end' });
    await bastion.waitForLog(/Received disconnect/);
    expect(await answers(parts.quiet, 'alone again')).toBe('alone again');
    expect([logins(), await statusOf(cli, 'heavy')]).toMatchObject([2, { state: 'up', reconnects: 0 }]);
  });

  test('lose nothing but what went over the first connection when that dies, and go on together', async () => {
    const { cli, bastion } = parts.lab;
    const [shared] = bastion.sessions();
    const first = await bulk('heavy');
    await untilTunnel(cli, 'heavy', hasOwn);
    parts.second = await bulk('heavy');
    await untilTunnel(cli, 'heavy', ({ ownConnection }) => ownConnection?.connections === 1);
    const broken = [first, parts.quiet].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    parts.own = bastion.sessions().find((pid) => pid !== shared);
    bastion.killSession(shared);
    await Promise.all(broken);
    await Promise.all(
      ['heavy', 'other'].map((name) => untilTunnel(cli, name, ({ state, reconnects }) => state === 'up' && reconnects === 1)),
    );
    await goesOn(parts.second);
    parts.quiet = await through('other', 'echo');
    expect(await answers(parts.quiet, 'back')).toBe('back');
    expect(await statusOf(cli, 'heavy')).toMatchObject({ ownConnection: { connections: 1 } });
    expect([logins(), sessions()]).toEqual([4, 2]);
  });

  test('lose nothing but what went over the second connection when that dies', async () => {
    const { cli, bastion } = parts.lab;
    const broken = new Promise((resolve) => parts.second.once('close', resolve));
    bastion.killSession(parts.own);
    await broken;
    expect(await untilTunnel(cli, 'heavy', (each) => !hasOwn(each))).toMatchObject({ state: 'up', reconnects: 1 });
    expect(await answers(await through('heavy', 'echo'), 'shared')).toBe('shared');
    expect(await answers(parts.quiet, 'untouched')).toBe('untouched');
    const socket = await bulk('heavy');
    await goesOn(socket);
    socket.destroy();
    expect([logins(), sessions()]).toEqual([4, 1]);
  });

  test('leave nothing behind when they go down', async () => {
    expect((await parts.lab.cli.run(['down', '--all'])).code).toBe(0);
    await until(() => sessions() === 0, { what: 'every session to end' });
  });
});
