import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Taker } from '../data/channel-parts.ts';
import { DataChannel } from '../data/channel.ts';
import { ReadSocket, sharedRoom } from '../data/read-socket.ts';
import { turns } from '../data/turns.ts';
import { Backlog } from './backlog.ts';

/** Fewer at a time would cost more than what is to be kept of them: the next credit is on its way mostly. */
const LEAST_READ = 128 * 1024;

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
  if (to instanceof Socket) to.setNoDelay(true);
}

function send(from: ReadSocket, to: DataChannel, count: (bytes: number) => void): void {
  const resume = (): void => void from.resume();
  // What the server does not take yet had to be copied and kept.
  from.space = () => sharedRoom(Math.max(LEAST_READ, to.room));
  from.takeWith((bytes) => {
    count(bytes.length);
    turns.note(bytes.length);
    if (to.feed(bytes)) return true;
    to.onFed = resume;
    return false;
  });
}

function receive(from: DataChannel, to: Socket, count: (bytes: number) => void): void {
  const delivery = new Delivery({ from, to, count });
  from.takeWith(delivery);
  to.on('drain', () => delivery.drained());
}

type Way = { readonly from: DataChannel; readonly to: Socket; readonly count: (bytes: number) => void };

/** A class: a literal with a getter gets a hidden class of its own each time, and whatever reads it stays slow. */
class Delivery implements Taker {
  readonly #way: Way;
  /** Made for a reader who has stopped once: most never do. */
  #backlog: Backlog | null = null;
  #isPrompt = false;

  constructor(way: Way) {
    this.#way = way;
  }

  get unread(): number {
    return this.#way.to.writableLength + (this.#backlog?.length ?? 0);
  }

  take(slices: readonly Buffer[]): boolean {
    const { to, count } = this.#way;
    for (const slice of slices) count(slice.length);
    // A short last slice of bulk is none.
    if (slices.length === 1) turns.note(slices[0]?.length ?? 0);
    if (!to.writable) return false;
    if (!this.#isPrompt) this.#becomePrompt();
    // One that waits for its reader anyway gets a copy, so that it does not hold the whole of the link's buffer.
    if (to.writableNeedDrain) this.#keep(slices);
    else if (to.writableLength > 0) to.write(Buffer.concat(slices));
    else {
      writeAll(to, slices);
      return to.writableLength > 0;
    }
    return false;
  }

  drained(): void {
    this.#backlog?.flush();
    this.#way.from.credit();
  }

  /** Nagle's delay is for what follows bytes that are under way (RFC 9293, 3.7.4). A connection's first have none before them, and most short ones get no more. */
  #becomePrompt(): void {
    const { to } = this.#way;
    if (to.bytesWritten === 0) return;
    to.setNoDelay(true);
    this.#isPrompt = true;
  }

  #keep(slices: readonly Buffer[]): void {
    if (this.#backlog === null) {
      const backlog = new Backlog(this.#way.to);
      this.#backlog = backlog;
      // Before whoever ends the socket then.
      this.#way.from.prependListener('end', () => backlog.flush());
    }
    this.#backlog.add(slices);
  }
}

function writeAll(to: Socket, slices: readonly Buffer[]): void {
  if (slices.length > 1) to.cork();
  for (const slice of slices) to.write(slice);
  if (slices.length > 1) to.uncork();
}
