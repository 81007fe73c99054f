import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { once } from 'node:events';
import { freePort } from './free-port.ts';

/** What a forward's target does with a connection. */
export type Behaviour =
  /** Sends back what it gets, and its own end after the other's. */
  | 'echo'
  /** Says `hello\n` and closes at once. */
  | 'greet-then-close'
  /** Answers one HTTP request with `hello\n`. */
  | 'web'
  /** Accepts, reads, never answers. */
  | 'silent'
  /** Accepts and resets. */
  | 'reset'
  /** Accepts and never reads, until `drain` is called: the sender's buffers fill. */
  | 'slow-reader'
  /** Reads up to the other's end, then answers `got N\n` and closes: it needs a half-closed connection that stays. */
  | 'half-close';

export type Target = {
  /** `host:port` or the socket's path, as a profile's `to` takes it. */
  readonly to: string;
  readonly port: number;
  /** Connections accepted so far. */
  accepted(): number;
  open(): number;
  received(): number;
  /** The next connection that comes, or one that has come and was not yet asked for. */
  connection(): Promise<Socket>;
  /** Lets a slow reader read. */
  drain(): void;
  stop(): Promise<void>;
};

export type TargetOptions = { readonly behaviour?: Behaviour; readonly host?: string; readonly port?: number; readonly path?: string };

/** A small TCP or Unix socket server to point forwards at. */
export async function startTarget({ behaviour = 'echo', host = '127.0.0.1', port, path }: TargetOptions = {}): Promise<Target> {
  const open = new Set<Socket>();
  const count = { accepted: 0, received: 0 };
  const arrivals: Socket[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    count.accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    if (behaviour !== 'slow-reader') socket.on('data', (chunk) => void (count.received += chunk.length));
    arrivals.push(socket);
    server.emit('arrival');
    BEHAVIOURS[behaviour](socket);
  });
  const address = await listen(server, path === undefined ? { host, port: port ?? (await freePort()) } : { path });
  return {
    ...address,
    accepted: () => count.accepted,
    open: () => open.size,
    received: () => count.received,
    async connection() {
      while (arrivals.length === 0) await once(server, 'arrival');
      return arrivals.shift()!;
    },
    drain: () => open.forEach((socket) => socket.on('data', (chunk) => void (count.received += chunk.length)).resume()),
    async stop() {
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An address where nothing listens. */
export async function refusingAddress(host = '127.0.0.1'): Promise<{ readonly to: string; readonly port: number }> {
  const port = await freePort();
  return { to: `${host}:${port}`, port };
}

const BEHAVIOURS: Record<Behaviour, (socket: Socket) => void> = {
  echo: (socket) => void socket.pipe(socket),
  'greet-then-close': (socket) => void socket.end('hello\n'),
  web: (socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n')),
  silent: () => {},
  reset: (socket) => void socket.resetAndDestroy(),
  'slow-reader': (socket) => void socket.pause(),
  'half-close': (socket) => {
    let length = 0;
    socket.on('data', (chunk) => void (length += chunk.length));
    socket.on('end', () => socket.end(`got ${length}\n`));
  },
};

async function listen(server: Server, where: { path: string } | { host: string; port: number }): Promise<{ to: string; port: number }> {
  server.listen(where);
  await once(server, 'listening');
  if ('path' in where) return { to: where.path, port: 0 };
  const { port } = server.address() as AddressInfo;
  return { to: `${where.host.includes(':') ? `[${where.host}]` : where.host}:${port}`, port };
}
