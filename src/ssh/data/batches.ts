/** What one turn of the event loop may collect before it is written; a packet more fits behind it. */
export const BATCH_BYTES = 256 * 1024;
const ROOM_BYTES = BATCH_BYTES + 80 * 1024;
const MOST_KEPT = 4;

/** Buffers in which packets are collected, shared by all links: one that sends nothing holds none. */
export class Batches {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES);
  }

  give(batch: Buffer): void {
    if (this.#free.length < MOST_KEPT) this.#free.push(batch);
  }
}
