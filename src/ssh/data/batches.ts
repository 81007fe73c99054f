import { WHOLE_TURN } from './turns.ts';

/** What is collected before it is written: all that was read in one turn, with what packets add. One more packet fits behind it. */
export const BATCH_BYTES = WHOLE_TURN + 16 * 1024;
const ROOM_BYTES = BATCH_BYTES + 80 * 1024;
const MOST_KEPT = 2;

/** Buffers in which packets are collected, shared by all links: one that sends nothing holds none. */
export class Batches {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(ROOM_BYTES);
  }

  give(batch: Buffer): void {
    if (this.#free.length < MOST_KEPT) this.#free.push(batch);
  }

  /** Little is sent: the next one is made anew. */
  rest(): void {
    this.#free.length = 0;
  }
}
