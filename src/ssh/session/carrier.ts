import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CommandStream } from '../dial/command-stream.ts';
import { reset } from '../forwards/stream-end.ts';
import type { Ends } from '../types.ts';

/** What carries an SSH session: a TCP socket of ours, a channel of the link before, or a ProxyCommand. */
export type Carrier =
  | { readonly kind: 'socket'; readonly stream: Socket }
  | { readonly kind: 'channel'; readonly stream: Duplex }
  | { readonly kind: 'command'; readonly stream: CommandStream };

export function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): Ends | null {
  if (localAddress === undefined || localPort === undefined || remoteAddress === undefined || remotePort === undefined) return null;
  return { local: { host: localAddress, port: localPort }, remote: { host: remoteAddress, port: remotePort } };
}

/** As ssh(1) sees it (sshconnect.c, sockaddr_is_local): a connection of our own to this machine, not one through a command or a hop. */
export const isOnLoopback = ({ kind, stream }: Carrier): boolean => kind === 'socket' && /^(127\..*|::1)$/.test(stream.remoteAddress ?? '');

/**
 * The socket of a connection that was declared dead, kept open: closing it would queue a FIN in a
 * socket that nobody owns, and after a long outage the kernel has given that one up and the server
 * never hears of the end. A reset sent once the way is free again reaches the server's sshd at once.
 */
export class ParkedSocket {
  /** The server's stale socket answers to these alone. */
  readonly ends: Ends | null;
  readonly #socket: Socket;
  #answered = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.ends = endsOf(socket);
    socket.on('error', () => {});
    socket.on('data', () => this.#heard());
    socket.resume();
  }

  /** The way is free. Nobody may ever dial there again, and while this socket answers for us the server would keep its session. */
  #heard(): void {
    this.#answered = true;
    this.#socket.end();
  }

  /** Ends the old session on the server: in order if it has spoken since, otherwise by a reset. */
  dismiss(): void {
    if (this.#answered) this.#socket.end();
    else reset(this.#socket);
  }
}
