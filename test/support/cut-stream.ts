import { Duplex } from 'node:stream';

export type Direction = 'sent' | 'received';

/**
 * A stream around another one, with the faults of a network on command. Each fault says what the far end gets:
 * `cut` resets, `blackHole` loses everything from then on without a word, `stall` holds everything until `release`.
 * `*After(n)` strikes at exactly the n-th byte from then on in one direction, in the middle of a chunk too.
 */
export class CutStream extends Duplex {
  readonly bytes = { sent: 0, received: 0 };
  readonly #inner: Duplex;
  #mode: 'open' | 'stalled' | 'lost' = 'open';
  #strike: { readonly direction: Direction; readonly at: number; readonly how: () => void } | undefined;
  #held: (() => void)[] = [];

  constructor(inner: Duplex) {
    super({ allowHalfOpen: true });
    this.#inner = inner;
    inner.on('data', (chunk: Buffer) => this.#receive(chunk));
    inner.on('end', () => this.#when(() => this.push(null)));
    inner.on('error', (error) => this.#mode === 'open' && this.destroy(error));
    // After a proper end the reader may still have to take what is buffered here.
    inner.on('close', () => this.#mode === 'open' && !inner.readableEnded && this.destroy());
  }

  /** Both ends see the connection end at once, this one with ECONNRESET. */
  cut(): void {
    const error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
    this.#mode = 'lost';
    this.#inner.destroy();
    this.destroy(error);
  }

  blackHole(): void {
    this.#mode = 'lost';
    for (const go of this.#held.splice(0)) go();
  }

  stall(): void {
    this.#mode = 'stalled';
  }

  release(): void {
    this.#mode = 'open';
    for (const go of this.#held.splice(0)) go();
  }

  cutAfter(count: number, direction: Direction = 'received'): void {
    this.#plan(direction, { count, how: () => this.cut() });
  }

  blackHoleAfter(count: number, direction: Direction = 'received'): void {
    this.#plan(direction, { count, how: () => this.blackHole() });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#when(() => {
      const part = this.#allowed('sent', chunk);
      if (this.#mode === 'lost' || part.length === 0) return done();
      this.#inner.write(part, () => {
        this.#struck('sent');
        done();
      });
    });
  }

  override _final(done: () => void): void {
    this.#when(() => (this.#mode === 'lost' ? done() : this.#inner.end(done)));
  }

  override _read(): void {
    this.#inner.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#mode !== 'lost') this.#inner.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    this.#when(() => {
      const part = this.#allowed('received', chunk);
      if (this.#mode !== 'lost' && part.length > 0 && !this.push(part)) this.#inner.pause();
      this.#struck('received');
    });
  }

  #when(go: () => void): void {
    if (this.#mode === 'stalled') this.#held.push(go);
    else go();
  }

  #plan(direction: Direction, { count, how }: { count: number; how: () => void }): void {
    this.#strike = { direction, at: this.bytes[direction] + count, how };
    this.#struck(direction);
  }

  #allowed(direction: Direction, chunk: Buffer): Buffer {
    const strike = this.#strike?.direction === direction ? this.#strike : undefined;
    const part = strike ? chunk.subarray(0, strike.at - this.bytes[direction]) : chunk;
    this.bytes[direction] += part.length;
    return part;
  }

  #struck(direction: Direction): void {
    const strike = this.#strike;
    if (strike?.direction !== direction || this.bytes[direction] < strike.at) return;
    this.#strike = undefined;
    strike.how();
  }
}
