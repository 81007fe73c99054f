import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { acceptDirectly, ReadSocket } from '../../../src/ssh/data/read-socket.ts';

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => server.close());
  return (server.address() as { port: number }).port;
}

function dial(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  ends.push(() => socket.destroy());
  return socket.on('error', () => {});
}

const taken = (server: Server): Promise<Socket> => new Promise((resolve) => acceptDirectly(server, resolve));

describe('a server that accepts directly', () => {
  test('makes sockets that are read into the shared place, and no others', async () => {
    const server = createServer(() => expect.unreachable('Node has made a socket'));
    const port = await listening(server);
    const accepted = taken(server);
    const client = dial(port);
    const socket = await accepted;
    expect(socket).toBeInstanceOf(ReadSocket);
    expect(socket.remotePort).toBe(client.localPort);
    const bytes = once(socket, 'data');
    client.write('hello');
    expect(String((await bytes)[0])).toBe('hello');
    socket.destroy();
  });

  test('leaves the other way open when its client has ended', async () => {
    const server = createServer();
    const port = await listening(server);
    const accepted = taken(server);
    const client = dial(port);
    const socket = await accepted;
    client.end();
    await once(socket.resume(), 'end');
    socket.end('still here');
    expect(String((await once(client, 'data'))[0])).toBe('still here');
  });

  test('is closed when its last connection is, and not before', async () => {
    const server = createServer();
    const port = await listening(server);
    const accepted = taken(server);
    dial(port);
    const socket = await accepted;
    let isClosed = false;
    const closed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    socket.destroy();
    await closed;
  });

  test('goes on as it was where node:net is not the one we know', async () => {
    const server = createServer();
    const port = await listening(server);
    const inside = server as unknown as { _connections?: number | undefined };
    const { _connections: count } = inside;
    inside._connections = undefined;
    acceptDirectly(server, () => expect.unreachable('not a server that we know'));
    inside._connections = count;
    const accepted = once(server, 'connection');
    dial(port);
    const [socket] = (await accepted) as [Socket];
    expect(socket).not.toBeInstanceOf(ReadSocket);
    socket.destroy();
  });

  test('is left alone where it does not listen', () => {
    expect(() => acceptDirectly(createServer(), () => {})).not.toThrow();
  });

  test('tells what the system says in place of a connection as Node does', async () => {
    const server = createServer();
    await listening(server);
    acceptDirectly(server, () => expect.unreachable('no connection'));
    const told = once(server, 'error');
    const inside = server as unknown as { _handle: { onconnection(error: number): void } };
    inside._handle.onconnection(-24);
    expect((await told)[0]).toMatchObject({ code: 'EMFILE', syscall: 'accept' });
  });
});
