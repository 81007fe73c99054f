import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Something that has endlessly much to say to whoever connects, and knows how much of it was taken. */
export type Flood = { readonly to: string; written(): number; stop(): Promise<void> };

const CHUNK = Buffer.alloc(64 * 1024, 'flood ');

export async function startFlood(): Promise<Flood> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => open.delete(socket));
    const fill = (): void => {
      while (!socket.destroyed && socket.write(CHUNK));
    };
    socket.on('drain', fill);
    fill();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  let gone = 0;
  server.on('connection', (socket) => socket.on('close', () => (gone += socket.bytesWritten - socket.writableLength)));
  return {
    to: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    written: () => gone + [...open].reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0),
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Connections of which nobody reads. */
export async function stoppedReaders(port: number, count: number): Promise<Socket[]> {
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(1), callback: () => false } });
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket.pause();
    }),
  );
}
