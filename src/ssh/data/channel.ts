import { Duplex } from 'node:stream';
import { creditDue } from '../../decide/receive-window.ts';
import type { ChannelStream } from '../forwards/stream-end.ts';
import { type ChannelWire, FORGIVEN, MOST_DATA, type Taker, type Terms } from './channel-parts.ts';
import { BadPacket } from './opener.ts';
import type { SizedWindow } from './sized-window.ts';

/**
 * A channel of the data path (RFC 4254 section 5): a stream for whoever wants one, and for bulk a pair of direct ways
 * past the stream's queues: `feed` to send, `takeWith` to receive. Both keep to the windows.
 */
export class DataChannel extends Duplex implements ChannelStream {
  readonly id: number;
  readonly remoteId: number;
  readonly window: SizedWindow;
  readonly #wire: ChannelWire;
  #allowed: number;
  readonly #packetBytes: number;
  #inbox: Buffer[] = [];
  #taker: Taker | null = null;
  /** What `feed` could not send yet. */
  #kept: Buffer | null = null;
  #onFed: (() => void) | null = null;
  #onFinal: (() => void) | null = null;
  #in: 'open' | 'eof' | 'closed' = 'open';
  #out: 'open' | 'eof' | 'closed' = 'open';

  constructor(id: number, terms: Terms, { wire, window }: { wire: ChannelWire; window: SizedWindow }) {
    super({ allowHalfOpen: true, readableHighWaterMark: window.size, writableHighWaterMark: MOST_DATA });
    this.id = id;
    this.window = window;
    this.#wire = wire;
    this.remoteId = terms.remoteId;
    this.#allowed = terms.window;
    this.#packetBytes = Math.max(1, Math.min(terms.packetBytes, MOST_DATA));
    // A channel may report an error when nobody reads it any more.
    this.on('error', () => {});
  }

  /** Bytes that can be sent now. */
  get room(): number {
    return this.#wire.isFree ? this.#allowed : 0;
  }

  /** Bytes that were fed and wait for the server or the connection. */
  get unsent(): number {
    return this.#kept?.length ?? 0;
  }

  get incoming(): { readonly state: 'open' | 'eof' | 'closed' } {
    return { state: this.#in };
  }

  get outgoing(): { readonly state: 'open' | 'eof' | 'closed' } {
    return { state: this.#out };
  }

  /** Sends what may be sent now and keeps a copy of the rest; false: wait for `onFed` before the next. */
  feed(bytes: Uint8Array): boolean {
    if (this.#out !== 'open') return true;
    const sent = this.#kept === null && this.#wire.isFree ? this.#send(bytes) : 0;
    if (sent < bytes.length) this.#keep(bytes.subarray(sent));
    else if (this.#wire.isFree) return true;
    this.#wire.await(this);
    return false;
  }

  /** Called once, when all that was fed has been sent and more may be; after a write to the stream, as of a SOCKS reply. */
  set onFed(call: () => void) {
    const before = this.#onFed;
    this.#onFed = before === null ? call : () => (before(), call());
  }

  /** From now on what arrives goes there, and not into the stream; its end still shows as the stream's. Null: nowhere. */
  takeWith(taker: Taker): void {
    this.#taker = taker;
    const early = this.read() as Buffer | null;
    if (early === null) return;
    taker.take([early]);
    this.credit();
  }

  /** What was sent goes now, and not at the end of the turn. */
  flush(): void {
    this.#wire.flush();
  }

  // What the server sends

  /** Of one read, until `deliver`. */
  arrived(bytes: Buffer): void {
    // After its end: this channel cannot be trusted, and is closed as ssh2 does it.
    if (this.#in !== 'open') return this.close();
    this.window.arrived(bytes.length);
    if (this.window.open < -FORGIVEN) throw new BadPacket('more data than was allowed');
    this.#inbox.push(bytes);
  }

  /** Hands on what one read has brought; true: the bytes are still needed where they are. */
  deliver(): boolean {
    const slices = this.#inbox;
    if (slices.length === 0) return false;
    const isNeeded = this.#hand(slices);
    slices.length = 0;
    this.credit();
    return isNeeded;
  }

  /** Lets the server send as much again as was taken from us. */
  credit(): void {
    if (this.#in !== 'open' || this.#out === 'closed') return;
    const due = creditDue(this.window, this.#taker === null ? this.readableLength : this.#taker.unread);
    if (due === 0) return;
    this.window.opened(due);
    this.#wire.adjust(this.remoteId, due);
  }

  heardAdjust(bytes: number): void {
    this.#allowed += bytes;
    if (this.#kept !== null) this.pump();
  }

  heardEof(): void {
    if (this.#in !== 'open') return;
    this.#in = 'eof';
    this.#endReading();
  }

  /** The server's CLOSE. Without EOF before it that is an end too: many servers send none. */
  heardClose(): void {
    if (this.#in === 'open') this.#endReading();
    this.#in = 'closed';
    this.close();
    this.#letGo();
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  /** Its link is lost: nothing will ever come on it again. */
  break(error: Error): void {
    this.#in = 'closed';
    this.#out = 'closed';
    this.#letGo();
    this.destroy(error);
  }

  // What we send

  /** CLOSE without EOF: whoever reads is not to take what came for all there was. */
  close(): void {
    if (this.#out === 'closed') return;
    this.#out = 'closed';
    this.#wire.close(this);
  }

  /** Sends what waits, as far as the server and the connection allow. */
  pump(): void {
    if (this.#out !== 'open') return;
    if (!this.#wire.isFree) return this.#wire.await(this);
    if (this.#kept !== null) {
      const kept = this.#kept;
      const sent = this.#send(kept);
      this.#kept = sent < kept.length ? kept.subarray(sent) : null;
      if (!this.#wire.isFree) return this.#wire.await(this);
      // The server's next credit calls again.
      if (this.#kept !== null) return;
    }
    const final = this.#onFinal;
    if (final !== null) return this.#sendEof(final);
    const fed = this.#onFed;
    this.#onFed = null;
    fed?.();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#wire.betweenPackets(() => {
      if (this.feed(chunk)) done();
      else this.onFed = done;
    });
  }

  override _final(done: () => void): void {
    if (this.#out !== 'open') return done();
    this.#onFinal = done;
    this.pump();
  }

  override _read(): void {}

  /** Not in `_read`: a stream calls that once between two pushes, and not again when it has been emptied. */
  override read(bytes?: number): unknown {
    const chunk: unknown = super.read(bytes);
    if (chunk !== null) this.credit();
    return chunk;
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.close();
    this.#letGo();
    this.#inbox.length = 0;
    done(error);
  }

  #hand(slices: readonly Buffer[]): boolean {
    if (this.destroyed) return false;
    if (this.#taker !== null) return this.#taker.take(slices);
    // In one piece: of packets of a byte each, a stream would keep a hundred times as much.
    this.push(Buffer.concat(slices));
    return false;
  }

  #endReading(): void {
    this.push(null);
    // Nobody else reads from the stream then, and only that has it tell 'end'.
    if (this.#taker !== null) super.read(0);
  }

  #send(bytes: Uint8Array): number {
    const most = Math.min(bytes.length, this.#allowed);
    let sent = 0;
    while (sent < most && this.#wire.isFree) {
      const to = Math.min(most, sent + this.#packetBytes);
      this.#wire.data(this.remoteId, bytes, { from: sent, to });
      sent = to;
    }
    this.#allowed -= sent;
    this.#wire.flushIfWorthIt();
    return sent;
  }

  #keep(bytes: Uint8Array): void {
    const copy = Buffer.from(bytes);
    this.#kept = this.#kept === null ? copy : Buffer.concat([this.#kept, copy]);
  }

  #sendEof(done: () => void): void {
    this.#onFinal = null;
    this.#out = 'eof';
    this.#wire.eof(this.remoteId);
    done();
  }

  /** Whoever waits to be allowed to send is told that there is nothing to wait for. */
  #letGo(): void {
    this.#kept = null;
    const waiting = [this.#onFed, this.#onFinal];
    this.#onFed = this.#onFinal = null;
    for (const done of waiting) done?.();
  }
}
