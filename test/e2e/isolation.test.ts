import { once } from 'node:events';
import { chownSync, readFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import ssh2, { type Connection, type Server, type ServerChannel } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTarget, type Target } from '../support/echo-server.ts';
import { freePort } from '../support/free-port.ts';
import { makeKey } from '../support/keys.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { isRoot } from '../support/run.ts';
import { snapshot, statusOf, untilTunnel } from '../support/status.ts';

/** A channel that the odd server has taken, with what it can do to it. */
type Taken = { readonly connection: Connection; readonly channel: ServerChannel };

/** ssh2's inside: a payload goes out as it is, sealed as any other. */
type Wire = {
  readonly _protocol: {
    readonly _packetRW: { readonly write: { allocStart: number; alloc(bytes: number): Buffer } };
    readonly _cipher: { encrypt(packet: Buffer): void };
  };
  readonly _sock: Socket;
};
const wireOf = (connection: Connection): Wire => connection as unknown as Wire;

function send({ connection }: Taken, payload: Buffer): void {
  const { _packetRW, _cipher } = wireOf(connection)._protocol;
  const packet = _packetRW.write.alloc(payload.length);
  packet.set(payload, _packetRW.write.allocStart);
  _cipher.encrypt(packet);
}

/** The number by which the client knows a channel. */
const idOf = ({ channel }: Taken): number => (channel as unknown as { readonly outgoing: { readonly id: number } }).outgoing.id;

function message(type: number, ...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(1 + 4 * numbers.length, type);
  numbers.forEach((number, index) => bytes.writeUInt32BE(number, 1 + 4 * index));
  return bytes;
}

/** SSH_MSG_CHANNEL_DATA (RFC 4254 section 5.2). */
const DATA = 94;

describe.runIf(isRoot)('a server that sends what cannot be', () => {
  const parts = {} as { lab: Lab; echo: Target; server: Server; good: number; bad: number; takes: ((taken: Taken) => void)[] };
  const begin = (port: number): Socket => connect({ port, host: '127.0.0.1' }).on('error', () => {});
  const dial = async (port: number): Promise<Socket> => {
    const socket = begin(port);
    await once(socket, 'connect');
    return socket;
  };
  /** It may be reset before this process has seen that it was connected: the odd server answers in this process too. */
  const allUntilClose = async (socket: Socket): Promise<string> => {
    const got: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => got.push(chunk));
    await new Promise((resolve) => socket.once('close', resolve));
    return Buffer.concat(got).toString();
  };
  const says = async (socket: Socket, text: string): Promise<string> => {
    const answer = once(socket, 'data');
    socket.write(text);
    return String((await answer)[0]);
  };
  const reconnects = async (name: string): Promise<number> => (await statusOf(parts.lab.cli, name)).reconnects;

  const complaints = async (): Promise<number> => {
    const { stdout } = await parts.lab.cli.run(['logs', 'bad', '-n', '500']);
    return stdout.match(/could not be handled/g)?.length ?? 0;
  };

  beforeAll(async () => {
    const [lab, echo, good, bad] = await Promise.all([makeLab(), startTarget(), freePort(), freePort()]);
    const hostKey = await makeKey(join(lab.home.home, '.ssh'), { name: 'odd-host' });
    const takes: ((taken: Taken) => void)[] = [];
    const server = new ssh2.Server({ hostKeys: [readFileSync(hostKey.path)] }, (connection) => {
      connection.on('error', () => {}).on('authentication', (context) => context.accept());
      connection.on('tcpip', (accept) => takes.shift()?.({ connection, channel: accept() }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const hops = `hops: [{ host: 127.0.0.1, port: ${port}, user: ann, identity: ${lab.key.path}, hostKey: "${hostKey.fingerprint}" }]\n`;
    chownSync(hostKey.path, lab.user.uid, lab.user.gid);
    lab.profile('good', [`{ name: echo, local: ${good}, to: "${echo.to}" }`]);
    lab.profile('bad', [`{ name: echo, local: ${bad}, to: "h:1" }`], { hops });
    Object.assign(parts, { lab, echo, server, good, bad, takes });
    const up = await lab.cli.run(['up', 'good', 'bad']);
    expect(up.code, up.stderr).toBe(0);
  });

  afterAll(async () => {
    await parts.lab.dispose();
    parts.server.close();
    await parts.echo.stop();
  });

  test.each<[string, (taken: Taken) => void]>([
    [
      'data of a length that is not there',
      (taken) => send(taken, Buffer.concat([message(DATA, idOf(taken), 1_000_000), Buffer.from('x')])),
    ],
    ['data without a length', (taken) => send(taken, message(DATA, idOf(taken)))],
    ['bytes that nobody has sealed', ({ connection }) => void wireOf(connection)._sock.write(Buffer.alloc(300, 'x'))],
  ])('as %s ends its own connection, which is made anew; others do not notice', async (_, misbehave) => {
    const { lab, good, bad, takes } = parts;
    const [before, complained, neighbour] = [await reconnects('bad'), await complaints(), await dial(good)];
    const { supervisor } = await snapshot(lab.cli);
    expect(await says(neighbour, 'before')).toBe('before');

    takes.push(misbehave);
    expect(await allUntilClose(begin(bad))).toBe('');

    const after = await untilTunnel(lab.cli, 'bad', ({ state, reconnects: count }) => state === 'up' && count > before);
    expect(after.because).toBeNull();
    expect(await says(neighbour, 'after')).toBe('after');
    expect(await reconnects('good')).toBe(0);
    expect((await snapshot(lab.cli)).supervisor?.pid).toBe(supervisor?.pid);
    expect(await complaints()).toBe(complained + 1);
    neighbour.destroy();

    takes.push(({ channel }) => void channel.pipe(channel));
    const again = await dial(bad);
    expect(await says(again, 'still here')).toBe('still here');
    again.destroy();
  });
});
