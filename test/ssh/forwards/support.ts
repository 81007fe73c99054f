import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { Address } from '../../../src/model/address.ts';
import type { Forward } from '../../../src/model/profile.ts';
import type { Problem } from '../../../src/model/problem.ts';
import { reachHere } from '../../../src/ssh/forwards/reach-here.ts';
import { wasCutOff } from '../../../src/ssh/forwards/stream-end.ts';
import type { Meter, Reach, Service } from '../../../src/ssh/types.ts';
import { until } from '../../support/until.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
export const atEnd = (end: () => unknown): void => void ends.push(end);

export type Counted = Meter & { readonly changes: number[] };
export function meter(): Counted {
  const made: Counted = { open: 0, total: 0, failed: 0, sent: 0, received: 0, changes: [], onChange: () => made.changes.push(made.open) };
  return made;
}

export type TestService = Service & { readonly meter: Counted; readonly failures: Problem[] };
export function service(listen: Address, { to = null, reach = reachHere }: { to?: Address | null; reach?: Reach } = {}): TestService {
  const kind: Forward['kind'] = to === null ? 'dynamic' : 'local';
  const failures: Problem[] = [];
  return {
    forward: { name: 'f', kind, on: 'local', listen, from: 0, to, onConflict: [], fallbackPorts: null, giveUpAfterMs: null, public: false },
    reach,
    meter: meter(),
    failures,
    onFailure: (p) => failures.push(p),
  };
}

/** A server whose connections are handled by `serve`; half-open as a program written with care has it. */
export async function target(
  serve: (socket: Socket) => void,
  at: { port?: number; host?: string; path?: string } = {},
): Promise<{ port: number; server: Server; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
    serve(socket);
  });
  server.listen(at.path === undefined ? { host: '127.0.0.1', port: 0, ...at } : { path: at.path });
  await once(server, 'listening');
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, server, sockets };
}

export async function dial(at: Address, { host = '127.0.0.1' }: { host?: string } = {}): Promise<Socket> {
  const socket = connect({ ...('path' in at ? { path: at.path } : { host, port: at.port }), allowHalfOpen: true });
  socket.on('error', () => undefined);
  atEnd(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the end, and how it ended. */
export function gather(socket: Socket): Promise<{ data: Buffer; how: 'end' | 'reset' | 'close' }> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const tell = (how: 'end' | 'reset' | 'close') => () => resolve({ data: Buffer.concat(chunks), how });
    // Node tells a reset that follows data as an end.
    socket
      .on('end', () => tell(wasCutOff(socket) ? 'reset' : 'end')())
      .on('error', tell('reset'))
      .on('close', tell('close'));
  });
}

export async function refused(at: Address): Promise<boolean> {
  const socket = connect('path' in at ? { path: at.path } : { host: '127.0.0.1', port: at.port });
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT'));
    socket.once('connect', () => resolve(false)).once('connect', () => socket.destroy());
  });
}

/** Sockets and servers that this process has open. */
export const openHandles = (): number =>
  process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)(Server|Socket)?Wrap$/.test(name)).length;

export const settles = (condition: () => boolean, what: string): Promise<unknown> => until(condition, { what, everyMs: 5 });

export const portOf = (at: Address): number => ('port' in at ? at.port : 0);
