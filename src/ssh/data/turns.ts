/** Who sends so little at a time waits for an answer. */
const SMALL_BYTES = 1024;
const RECENT_MS = 50;
/** Reading and writing cost less the more goes at once: a fifth of an upload's processor time against 128 KiB. */
export const WHOLE_TURN = 512 * 1024;
const SHORT = 16 * 1024;

/**
 * How much one connection may read in its turn of the event loop. Everybody's answers wait for the turns of the others, so
 * turns are short while somebody exchanges small messages, and long, as that is cheaper, while all do bulk.
 */
export class Turns {
  #smallAt = -Infinity;

  /** A user's bytes that came with one read. */
  note(bytes: number): void {
    if (bytes < SMALL_BYTES) this.#smallAt = performance.now();
  }

  get bytes(): number {
    return performance.now() - this.#smallAt < RECENT_MS ? SHORT : WHOLE_TURN;
  }
}

/** There is one event loop, and so one of these. */
export const turns = new Turns();
