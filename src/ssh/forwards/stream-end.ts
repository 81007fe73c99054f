import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a channel has beyond a Duplex: ssh2's (lib/Channel.js of 1.17) and ours. `close` sends CLOSE without EOF. */
export interface ChannelStream extends Duplex {
  readonly incoming: Way;
  readonly outgoing: Way;
  close(): void;
}
type Way = { readonly state: 'open' | 'eof' | 'closing' | 'closed' };

export const isChannel = (stream: Duplex): stream is ChannelStream => 'incoming' in stream && 'outgoing' in stream && 'close' in stream;

/**
 * Breaks a stream off: TCP sends an RST, a channel is closed without EOF (RFC 4254 §5.3), so that nobody takes what
 * arrived for all there was. A Unix socket has no reset; its peer sees EPIPE when it writes.
 */
export function reset(stream: Duplex): void {
  if (stream instanceof Socket) return resetSocket(stream);
  if (!isChannel(stream)) return void stream.destroy();
  // Its link is lost; there is nobody to tell.
  if (stream.destroyed) return;
  // Not destroy(): in ssh2 that is end() and close(), and its EOF would say that the data is complete.
  stream.close();
  // ssh2 tells 'close' only after everything that had arrived was read.
  stream.resume();
}

function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  // libuv refuses a reset (EINVAL) while a shutdown is under way, and Node would then leak the handle.
  const shutting = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (shutting) return void socket.once('finish', () => resetSocket(socket));
  try {
    socket.resetAndDestroy();
  } catch {
    // A Unix socket: ERR_INVALID_HANDLE_TYPE.
    socket.destroy();
  }
}

/** Ends a stream whose outgoing data was all sent and whose incoming data nobody can take any more. */
export const retire = (stream: Duplex): void => (isChannel(stream) ? stream.close() : void stream.destroy());

/**
 * Whether a stream's 'end' was in truth the death of its connection.
 *
 * ssh2 ends every channel of a dead connection as if its peer had; only the missing answer to CLOSE shows the
 * difference. CLOSE without EOF on a living connection is a clean end, as in OpenSSH: many servers in Go send no EOF.
 *
 * libuv tells an RST that follows data as an end (uv__stream_io, POLLHUP after a partial read). The kernel knows: a
 * socket that got a FIN still has a peer, one that got an RST has none. Once we have ended too, both look alike.
 */
export function wasCutOff(stream: Duplex): boolean {
  if (stream instanceof Socket) return !stream.writableEnded && hasNoPeer(stream);
  return isChannel(stream) && stream.incoming.state === 'closed' && (stream.outgoing.state === 'open' || stream.outgoing.state === 'eof');
}

/** getpeername(2) itself, since `remoteAddress` remembers. A Unix socket's handle does not have it. */
function hasNoPeer(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle?: { getpeername?: (out: object) => number } | null };
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}

/** Whether 'close' has been told already. */
export const isGone = (stream: Duplex): boolean =>
  stream.destroyed || (isChannel(stream) && stream.incoming.state === 'closed' && stream.readableEnded);
