import { connect } from 'node:net';
import type { TcpAddress } from '../../model/address.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';

/** The two ends of a dead connection's socket, as numbers; the local one as this machine saw it. */
export type Tuple = { readonly local: TcpAddress; readonly remote: TcpAddress };

/** `not-possible`: that local end is still, or already, used here, or this machine no longer has its address. */
export type Knocked = 'connected' | 'refused' | 'no-answer' | 'not-possible';

export type KnockGiven = { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number };

/** What blackholes the old connection may do so to a new one with the same ends; then nothing will come. */
const TIMEOUT_MS = 4_000;

/**
 * One TCP connection between the same two ends as a dead one. The SYN meets the server's stale socket, which answers with a
 * challenge ACK (RFC 5961 section 4.2), and this machine's kernel, which knows of no such connection, answers that with the
 * reset that ends the stale session. It works where a NAT has forgotten the old flow and drops our own reset. The dead
 * connection's socket must have been closed before. It connects once only, as sshd 9.8 and later punish a series of bare
 * connections. Never rejects.
 */
export async function knock({ local, remote }: Tuple, { clock, signal, timeoutMs = TIMEOUT_MS }: KnockGiven): Promise<Knocked> {
  if (signal.aborted) return 'no-answer';
  const result = deferred<Knocked>();
  const give = (): void => result.resolve('no-answer');
  const socket = connect({ host: remote.host, port: remote.port, localAddress: local.host, localPort: local.port });
  socket.on('error', (error: NodeJS.ErrnoException) => result.resolve(ANSWERS[error.code ?? ''] ?? 'no-answer'));
  socket.once('connect', () => result.resolve('connected'));
  const cancel = clock.after(timeoutMs, give);
  signal.addEventListener('abort', give, { once: true });
  try {
    return await result.promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', give);
    // A reset leaves no TIME_WAIT behind; while a socket connects, node would first wait for that.
    if (socket.connecting) socket.destroy();
    else socket.resetAndDestroy();
  }
}

const ANSWERS: Readonly<Record<string, Knocked>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'refused',
  EADDRINUSE: 'not-possible',
  EADDRNOTAVAIL: 'not-possible',
  EACCES: 'not-possible',
  EINVAL: 'not-possible',
};
