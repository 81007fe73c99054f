import type { Socket } from 'node:net';

const PIECE_BYTES = 64 * 1024;

/**
 * What waits for the reader of a socket that has stopped, in few pieces. The socket's own queue keeps each write by itself,
 * which makes a hundred bytes and more of every single one that comes alone. Only while the socket will tell 'drain'.
 */
export class Backlog {
  readonly #to: Socket;
  #piece: Buffer | null = null;
  #used = 0;

  constructor(to: Socket) {
    this.#to = to;
  }

  get length(): number {
    return this.#used;
  }

  /** Copies them. */
  add(slices: readonly Buffer[]): void {
    for (const slice of slices) {
      for (let from = 0; from < slice.length; ) from += this.#fill(slice, from);
    }
  }

  /** To the socket: it takes more, or there will be no more. */
  flush(): void {
    const piece = this.#piece;
    if (piece === null) return;
    this.#piece = null;
    if (this.#to.writable) this.#to.write(piece.subarray(0, this.#used));
    this.#used = 0;
  }

  #fill(slice: Buffer, from: number): number {
    this.#piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES);
    const count = slice.copy(this.#piece, this.#used, from);
    this.#used += count;
    if (this.#used === PIECE_BYTES) this.flush();
    return count;
  }
}
