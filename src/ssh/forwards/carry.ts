import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Taker } from '../data/channel-parts.ts';
import { DataChannel } from '../data/channel.ts';
import { ReadSocket } from '../data/read-socket.ts';

/**
 * Carries bytes one way, until one of the two is closed, and counts them; ends and errors are the caller's to judge.
 * Between a socket and a channel of the data path they pass no stream's queue.
 */
export function carry(from: Duplex, to: Duplex, count: (bytes: number) => void): void {
  if (from instanceof ReadSocket && to instanceof DataChannel) return send(from, to, count);
  if (from instanceof DataChannel && to instanceof Socket) return receive(from, to, count);
  from.on('data', (chunk: Buffer) => count(chunk.length));
  // Not `end: true`: whether an end is a clean one is judged first.
  from.pipe(to, { end: false });
}

function send(from: ReadSocket, to: DataChannel, count: (bytes: number) => void): void {
  const resume = (): void => void from.resume();
  from.takeWith((bytes) => {
    count(bytes.length);
    if (to.feed(bytes)) return true;
    to.onFed = resume;
    return false;
  });
}

function receive(from: DataChannel, to: Socket, count: (bytes: number) => void): void {
  from.takeWith(new Delivery(to, count));
  to.on('drain', () => from.credit());
}

/** A class: a literal with a getter gets a hidden class of its own each time, and whatever reads it stays slow. */
class Delivery implements Taker {
  readonly #to: Socket;
  readonly #count: (bytes: number) => void;

  constructor(to: Socket, count: (bytes: number) => void) {
    this.#to = to;
    this.#count = count;
  }

  get unread(): number {
    return this.#to.writableLength;
  }

  take(slices: readonly Buffer[]): boolean {
    const to = this.#to;
    for (const slice of slices) this.#count(slice.length);
    if (!to.writable) return false;
    // One that waits for its reader anyway gets a copy, so that it does not hold the whole of the link's buffer.
    if (to.writableLength > 0) {
      to.write(Buffer.concat(slices));
      return false;
    }
    writeAll(to, slices);
    return to.writableLength > 0;
  }
}

function writeAll(to: Socket, slices: readonly Buffer[]): void {
  if (slices.length > 1) to.cork();
  for (const slice of slices) to.write(slice);
  if (slices.length > 1) to.uncork();
}
