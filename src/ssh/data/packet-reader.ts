import type { Inside } from './inside.ts';
import { type Opener, openerFor } from './opener.ts';
import { turns } from './turns.ts';

const LEAST_BUFFER = 4 * 1024;
const MOST_BUFFER = 256 * 1024;

export type ReaderGiven = {
  readonly protocol: Inside;
  /** ssh2's own parser, for what we cannot read. It keeps what it is given. */
  readonly parse: (chunk: Buffer) => void;
  /** One payload, from `start` to `end`; true: it was ours. What it keeps of `bytes` it has to copy, or to ask for `renew`. */
  readonly onPayload: (bytes: Buffer, start: number, end: number) => boolean;
  /** All packets of one read were shown. */
  readonly onRead: () => void;
};

/**
 * Reads packets out of one buffer that is used again for each read, and decrypts them where they lie. ssh2 gets copies of
 * what is not ours, and the whole stream where its decipher is not one that we know.
 */
export class PacketReader {
  readonly #given: ReaderGiven;
  #bytes = Buffer.allocUnsafeSlow(LEAST_BUFFER);
  /** Bytes of an incomplete packet, at the buffer's start. */
  #tail = 0;
  /** Bytes behind it that `take` has put there, and that were not read yet. */
  #filled = 0;
  /** Somebody keeps slices of the buffer. */
  #isNeeded = false;
  #opener: Opener | null = null;
  #isStopped = false;

  constructor(given: ReaderGiven) {
    this.#given = given;
  }

  /** Where the next bytes go. Never empty. */
  get space(): Buffer {
    const end = Math.min(this.#bytes.length, this.#tail + turns.bytes);
    return this.#bytes.subarray(this.#tail, end);
  }

  /** Before the first read: whether it will be. */
  get isNative(): boolean {
    return (this.#opener ?? openerFor(this.#given.protocol)) !== null;
  }

  /** Bytes that were put into `space`. Throws where they are no packets, or no genuine ones. */
  read(count: number): void {
    if (this.#isStopped) return;
    const end = this.#tail + count;
    this.#tail = 0;
    if (this.#opener === null) this.#opener = openerFor(this.#given.protocol);
    const kept = this.#opener === null ? this.#pass(0, end) : this.#parse(end);
    this.#given.onRead();
    this.#keep(kept, end);
  }

  /** Bytes that lie elsewhere, as many as they are. */
  take(slices: readonly Buffer[]): void {
    for (const slice of slices) {
      let from = 0;
      while (from < slice.length) from += this.#fill(slice, from);
    }
    if (this.#filled > 0) this.#readFilled();
  }

  #fill(slice: Buffer, from: number): number {
    const space = this.#bytes.length - this.#tail - this.#filled;
    const count = slice.copy(this.#bytes, this.#tail + this.#filled, from, Math.min(slice.length, from + space));
    this.#filled += count;
    if (count === space) this.#readFilled();
    return count;
  }

  #readFilled(): void {
    const filled = this.#filled;
    this.#filled = 0;
    this.read(filled);
  }

  /** Somebody still needs what lies in the buffer. */
  renew(): void {
    this.#isNeeded = true;
  }

  /** Nothing came for a while: a quiet link holds little. */
  rest(): void {
    if (this.#tail === 0 && this.#bytes.length > LEAST_BUFFER) this.#bytes = Buffer.allocUnsafeSlow(LEAST_BUFFER);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Moves the incomplete packet to the front, and gives the next read a bigger buffer where this one was too small. */
  #keep(from: number, end: number): void {
    const old = this.#bytes;
    const isFull = end === old.length && old.length < MOST_BUFFER;
    if (this.#isNeeded || isFull) {
      this.#isNeeded = false;
      this.#bytes = Buffer.allocUnsafeSlow(isFull ? Math.min(MOST_BUFFER, old.length * 4) : old.length);
    }
    this.#tail = end - from;
    if (this.#tail > 0 && (from > 0 || this.#bytes !== old)) old.copy(this.#bytes, 0, from, end);
  }

  /** Shows every whole packet; returns where the first incomplete one begins. */
  #parse(end: number): number {
    const { protocol, onPayload } = this.#given;
    const bytes = this.#bytes;
    let at = 0;
    while (end - at >= 4) {
      const opener = this.#opener;
      if (opener === null) return this.#pass(at, end);
      const length = opener.length(bytes, at);
      const next = at + 4 + length + opener.macBytes;
      if (next > end) break;
      opener.open(bytes, at, length);
      const { decipher } = opener;
      decipher.inSeqno = (decipher.inSeqno + 1) >>> 0;
      const start = at + 5;
      const stop = at + 4 + length - (bytes[at + 4] as number);
      at = next;
      if (stop > start && onPayload(bytes, start, stop)) continue;
      // Not the protocol's `_onPayload`: in a key exchange ssh2 changes that of the decipher. A copy: ssh2 keeps slices.
      const moved = decipher._onPayload(Buffer.from(bytes.subarray(start, Math.max(start, stop))));
      if (protocol._destruct === undefined || this.#isStopped) return end;
      if (protocol._decipher !== decipher) this.#opener = openerFor(protocol);
      else if (typeof moved === 'number') return end;
    }
    return at;
  }

  #pass(from: number, end: number): number {
    if (end > from && this.#given.protocol._destruct !== undefined) this.#given.parse(Buffer.from(this.#bytes.subarray(from, end)));
    return end;
  }
}
