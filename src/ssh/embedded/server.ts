import { createHash, timingSafeEqual } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerChannel } from 'ssh2';
import { LOOPBACK } from '../../model/address.ts';

const { Server, utils } = ssh2;

export type EmbeddedServerOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  readonly user: string;
  /** One line of authorized_keys. */
  readonly authorizedKey: string;
};

/** A real SSH server in this process, on loopback, for the demo: public key logins and TCP forwarding, nothing else. */
export interface EmbeddedServer {
  readonly port: number;
  readonly fingerprint: string;
  /** Breaks every connection off, as a crash would. Returns how many there were. */
  cut(): number;
  close(): Promise<void>;
}

export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const hostKey = utils.generateKeyPairSync('ed25519');
  const allowed = parsed(options.authorizedKey);
  const sessions = new Set<Duplex>();
  const server = new Server({ hostKeys: [hostKey.private] }, (client) => serveClient(client, { ...options, allowed }));
  // ssh2 hides the socket of a connection; the server below it does not.
  const net = (server as unknown as { _srv: NetServer })._srv;
  net.on('connection', (socket: Duplex) => {
    sessions.add(socket);
    socket.once('close', () => sessions.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, LOOPBACK, resolve);
  });
  const cut = (): number => {
    const count = sessions.size;
    for (const socket of sessions) socket.destroy();
    return count;
  };
  return {
    port: (server.address() as AddressInfo).port,
    fingerprint: `SHA256:${createHash('sha256').update(parsed(hostKey.public).getPublicSSH()).digest('base64').replace(/=+$/, '')}`,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** A throw-away key pair: the private key's text and its line for authorized_keys. */
export function makeKeyPair(): { readonly privateKey: string; readonly publicLine: string } {
  const pair = utils.generateKeyPairSync('ed25519');
  return { privateKey: pair.private, publicLine: pair.public };
}

type Allowed = { readonly user: string; readonly allowed: ParsedKey };

function serveClient(client: Connection, login: Allowed): void {
  const listeners = new Map<string, NetServer>();
  client.on('error', () => {});
  client.on('authentication', (context) => (isAllowed(context, login) ? context.accept() : context.reject(['publickey'])));
  client.on('close', () => {
    for (const listener of listeners.values()) listener.close();
  });
  client.on('ready', () => {
    client.on('tcpip', (accept, reject, { destIP, destPort }) => serveDirect({ host: destIP, port: destPort }, { accept, reject }));
    // oxlint-disable-next-line max-params -- ssh2's own signature
    client.on('request', (accept, reject, name, info) => {
      if (name === 'tcpip-forward') serveListen(client, listeners, { ...info, accept, reject });
      else if (name === 'cancel-tcpip-forward') serveCancel(listeners, { ...info, accept, reject });
      else reject?.();
    });
  });
}

function isAllowed(context: AuthContext, { user, allowed }: Allowed): boolean {
  if (context.method !== 'publickey' || context.username !== user) return false;
  const expected = allowed.getPublicSSH();
  if (context.key.data.length !== expected.length || !timingSafeEqual(context.key.data, expected)) return false;
  // The first question is only whether this key would do; there is nothing signed to check yet.
  if (context.signature === undefined || context.blob === undefined) return true;
  return allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function serveDirect(to: { host: string; port: number }, answer: { accept: () => ServerChannel; reject: () => void }): void {
  const socket = connect({ ...to, allowHalfOpen: true, noDelay: true });
  socket.once('error', () => answer.reject());
  socket.once('connect', () => {
    socket.removeAllListeners('error');
    splice(socket, answer.accept());
  });
}

type Request = {
  readonly bindAddr: string;
  readonly bindPort: number;
  readonly accept: ((port?: number) => void) | undefined;
  readonly reject: (() => void) | undefined;
};

function serveListen(client: Connection, listeners: Map<string, NetServer>, request: Request): void {
  const { bindAddr, bindPort } = request;
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {});
    const { port } = listener.address() as AddressInfo;
    client.forwardOut(bindAddr, port, socket.remoteAddress ?? LOOPBACK, socket.remotePort ?? 0, (error, channel) => {
      if (error) socket.destroy();
      else splice(socket, channel);
    });
  });
  listener.once('error', () => request.reject?.());
  listener.listen(bindPort, LOOPBACK, () => {
    const { port } = listener.address() as AddressInfo;
    listeners.set(`${bindAddr} ${port}`, listener);
    request.accept?.(port);
  });
}

function serveCancel(listeners: Map<string, NetServer>, { bindAddr, bindPort, accept, reject }: Request): void {
  const key = `${bindAddr} ${bindPort}`;
  const listener = listeners.get(key);
  listeners.delete(key);
  if (listener === undefined) return reject?.();
  listener.close();
  accept?.();
}

function splice(socket: Duplex, channel: Duplex): void {
  socket.on('error', () => channel.end());
  channel.on('error', () => socket.destroy());
  channel.on('close', () => socket.destroy());
  socket.pipe(channel).pipe(socket);
}

function parsed(key: string): ParsedKey {
  const result = utils.parseKey(key);
  if (result instanceof Error) throw result;
  return result;
}
