import type { Duplex } from 'node:stream';
import { beforeEachWrite } from '../extensions/sent-bytes.ts';
import { BATCH_BYTES, type Batches } from './batches.ts';
import { DataChannel } from './channel.ts';
import type { Cipher, Inside } from './inside.ts';
import { PAYLOAD_AT, type Sealer, sealerFor } from './sealer.ts';

/** What may wait in the connection's own queue: with more, a keepalive or a small answer waits behind it too long. */
const MOST_QUEUED = 256 * 1024;
/** So much is written at once and not at the end of the turn, so that the other side has work meanwhile. */
const WORTH_A_WRITE = 64 * 1024;

export type WriterGiven = {
  readonly protocol: Inside;
  readonly stream: Duplex;
  readonly batches: Batches;
  readonly onSent: (bytes: number) => void;
  readonly onError: (error: Error) => void;
};

/**
 * Collects our packets in one buffer and writes it once in a turn of the event loop. A packet that ssh2 sends is written
 * after those that were made before it, as each is encrypted with its number.
 */
export class PacketWriter {
  readonly #given: WriterGiven;
  #cipher: Cipher;
  #sealer: Sealer | null;
  #batch: Buffer | null = null;
  #used = 0;
  #isDue = false;
  #payloadBytes = 0;
  /** A packet for ssh2's own cipher, where we do not know that one. */
  #plain: Buffer | null = null;

  constructor(given: WriterGiven) {
    this.#given = given;
    this.#cipher = given.protocol._cipher;
    this.#sealer = sealerFor(this.#cipher);
    beforeEachWrite(given.protocol, (bytes) => {
      this.flush();
      given.onSent(bytes);
    });
  }

  /** Bytes that the connection has not taken yet. */
  get queued(): number {
    return this.#used + this.#given.stream.writableLength;
  }

  /** What the connection takes at once does not wait, however much it is. */
  get isCongested(): boolean {
    return this.#given.stream.writableLength > 0 && this.queued > MOST_QUEUED;
  }

  get isNative(): boolean {
    return this.#sealer !== null;
  }

  /** Begins a packet; its payload is to be put into what this returns, from `at` on, and then `end` called. */
  begin(payloadBytes: number): Buffer {
    this.#payloadBytes = payloadBytes;
    const { _cipher: cipher } = this.#given.protocol;
    if (cipher !== this.#cipher) {
      this.#cipher = cipher;
      this.#sealer = sealerFor(cipher);
    }
    if (this.#sealer === null) return (this.#plain = cipher.allocPacket(payloadBytes));
    if (this.#batch !== null && this.#used + this.#sealer.room(payloadBytes) > this.#batch.length) this.flush();
    return (this.#batch ??= this.#given.batches.take());
  }

  /** Where the payload begins. */
  get at(): number {
    return PAYLOAD_AT + (this.#sealer === null ? 0 : this.#used);
  }

  /** Never throws: it is called from other connections' reads, and what is wrong with this one is not theirs. */
  end(): void {
    try {
      this.#seal();
    } catch (error) {
      this.#given.onError(error as Error);
    }
  }

  #seal(): void {
    if (this.#sealer === null) {
      const packet = this.#plain;
      this.#plain = null;
      // It counts what it writes itself.
      if (packet !== null) this.#cipher.encrypt(packet);
      return;
    }
    if (this.#batch === null) return;
    this.#used += this.#sealer.seal(this.#batch, this.#used, this.#payloadBytes);
    if (this.#used >= BATCH_BYTES) this.flush();
    else this.#writeSoon();
  }

  /** Where much was collected it goes now; the rest waits for the end of the turn. */
  flushIfWorthIt(): void {
    if (this.#used >= WORTH_A_WRITE) this.flush();
  }

  flush(): void {
    const { stream, batches, onSent } = this.#given;
    const batch = this.#batch;
    const bytes = this.#used;
    if (batch === null || bytes === 0) return;
    this.#batch = null;
    this.#used = 0;
    if (!stream.writable) return batches.give(batch);
    let isLate = false;
    stream.write(batch.subarray(0, bytes), () => isLate && batches.give(batch));
    isLate = stream.writableLength > 0;
    // This turn was waited out once; the link below need not wait again.
    if (stream instanceof DataChannel) stream.flush();
    if (!isLate) batches.give(batch);
    onSent(bytes);
  }

  readonly #writeDue = (): void => {
    this.#isDue = false;
    this.flush();
  };

  #writeSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(this.#writeDue);
  }
}
