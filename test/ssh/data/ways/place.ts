import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type Address, LOOPBACK } from '../../../../src/model/address.ts';
import type { DataShared } from '../../../../src/ssh/data/data-shared.ts';
import { listenHere } from '../../../../src/ssh/forwards/listen-here.ts';
import { listenThere } from '../../../../src/ssh/forwards/listen-there.ts';
import { reachThrough } from '../../../../src/ssh/forwards/reach.ts';
import type { LiveLink } from '../../../../src/ssh/session/live-link.ts';
import type { ResolvedHop } from '../../../../src/ssh/types.ts';
import { tempDir } from '../../../support/temp-home.ts';
import { atEnd, dial as connectTo, service, target, type TestService } from '../../forwards/support.ts';
import { dial } from '../../session/dial.ts';

export type Hops = 1 | 2;
export const KINDS = ['local', 'local socket', 'remote', 'remote socket', 'dynamic'] as const;
export type Kind = (typeof KINDS)[number];

export type Way = {
  readonly service: TestService;
  /** Where the forward leads; `serve` handles it. */
  readonly target: Awaited<ReturnType<typeof target>>;
  /** The code of its problem where nothing listens there: of a socket, no file is left for us to be refused by. */
  readonly refusal: string;
  /** One who comes to the listening end, joined to the target. */
  connect(): Promise<Socket>;
};

/** Both ends are this machine: the second hop is the same server again, reached through the first. */
export async function linksOver(hop: ResolvedHop, { hops, data }: { hops: Hops; data: DataShared | null }): Promise<LiveLink[]> {
  const first = await dial(hop, { data });
  return hops === 1 ? [first] : [first, await dial(hop, { data, via: first })];
}

/** The last of them first, as it is carried by those before. */
export async function closeAll(links: readonly LiveLink[]): Promise<void> {
  for (const link of links.toReversed()) await link.close(500);
}

const anyPort = { host: LOOPBACK, port: 0 };

/** A forward of that kind over the link, to a target that `serve` handles. */
export async function wayOf(kind: Kind, link: LiveLink, serve: (socket: Socket) => void): Promise<Way> {
  const isSocket = kind.endsWith('socket');
  const made = await target(serve, isSocket ? { path: join(tempDir(), 'target') } : {});
  const to: Address = isSocket ? { path: made.server.address() as string } : { host: LOOPBACK, port: made.port };
  const listen: Address = isSocket ? { path: join(tempDir(), 'listen') } : anyPort;
  const isLocal = !kind.startsWith('remote');
  const forward = service(listen, { to: kind === 'dynamic' ? null : to, ...(isLocal && { reach: reachThrough(link) }) });
  const listener = await (isLocal ? listenHere(forward) : listenThere(link, forward));
  atEnd(() => listener.close(0));
  const connect = async (): Promise<Socket> => {
    const socket = await connectTo(listener.address);
    if (kind === 'dynamic') await askFor(made.port, socket);
    return socket;
  };
  return { service: forward, target: made, refusal: kind === 'remote socket' ? 'target-failed' : 'target-refused', connect };
}

/** SOCKS 5 without a login (RFC 1928). Rejects with the number of the reply where the target cannot be had. */
export async function askFor(port: number, socket: Socket): Promise<void> {
  socket.write(Buffer.of(5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 255));
  const reply = await exactly(socket, 12);
  if (reply[3] !== 0) throw new Error(`SOCKS reply ${reply[3]}`);
}

/** That many bytes of a stream; those that follow stay in it. */
export function exactly(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const look = (): void => {
      const chunk = socket.read(bytes) as Buffer | null;
      if (chunk === null) return;
      socket.off('readable', look);
      resolve(chunk);
    };
    // One listener for as long as it takes: each new one is called again at once where too little lies there.
    socket.on('readable', look);
  });
}

/** A digest of all that comes from it, and how much it was. */
export async function digest(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    hash.update(chunk);
  });
  await once(socket, 'end');
  return `${bytes} ${hash.digest('hex')}`;
}

export const digestOf = (data: Buffer): string => `${data.length} ${createHash('sha256').update(data).digest('hex')}`;
