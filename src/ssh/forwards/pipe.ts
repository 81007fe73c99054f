import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Meter } from '../types.ts';
import { carry } from './carry.ts';
import { isChannel, isGone, reset, retire, wasCutOff } from './stream-end.ts';

/**
 * Carries bytes both ways between `a` (who came) and `b` (the target) until both are closed.
 * An end on one side becomes an end on the other while the other direction goes on; an error or a close before the
 * end becomes a reset. A side that cannot take more stops the other. `sent` counts a to b, `received` b to a.
 */
export function join(a: Duplex, b: Duplex, { meter, over }: Joined): void {
  const ends = { a: new End(a), b: new End(b) };
  new Junction(ends, over).start((end, bytes) => {
    if (end === ends.a) meter.sent += bytes;
    else meter.received += bytes;
  });
}

/** `over` is called once both are closed. */
export type Joined = { readonly meter: Pick<Meter, 'sent' | 'received'>; readonly over: () => void };

/** One of the two streams and what has been seen of it. */
class End {
  readonly stream: Duplex;
  /** Its data ended, and all of it was handed on. */
  ended = false;
  closed = false;
  broken = false;
  constructor(stream: Duplex) {
    this.stream = stream;
  }
}

type Ends = { readonly a: End; readonly b: End };

class Junction {
  readonly #ends: Ends;
  readonly #resolve: () => void;
  #over = false;

  constructor(ends: Ends, resolve: () => void) {
    this.#ends = ends;
    this.#resolve = resolve;
  }

  start(count: (from: End, bytes: number) => void): void {
    const { a, b } = this.#ends;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#watch(from, to);
      carry(from.stream, to.stream, (bytes) => count(from, bytes));
    }
  }

  #watch(from: End, to: End): void {
    const { stream } = from;
    const onEnd = (): void => {
      if (from.ended || from.broken) return;
      if (wasCutOff(stream)) from.broken = true;
      else {
        from.ended = true;
        endSending(to);
      }
    };
    const onClose = (): void => {
      // A channel may tell 'close' before our 'end' listener was called.
      if (stream.readableEnded) onEnd();
      from.closed = true;
    };
    this.#on(stream, 'error', () => void (from.broken = true));
    this.#on(stream, 'finish', () => undefined);
    this.#on(stream, 'end', onEnd);
    this.#on(stream, 'close', onClose);
    // What happened before we looked is not told again.
    if (isGone(stream) || stream.readableEnded) {
      process.nextTick(() => {
        if (isGone(stream)) onClose();
        else onEnd();
        this.#judge();
      });
    }
  }

  #on(stream: Duplex, event: string, note: () => void): void {
    stream.on(event, () => {
      note();
      this.#judge();
    });
  }

  #judge(): void {
    const { a, b } = this.#ends;
    if (!this.#over) {
      if (a.broken || b.broken) this.#finish(reset);
      else
        for (const [end, other] of [
          [a, b],
          [b, a],
        ] as const)
          this.#judgeClosed(end, other);
    }
    if (isOver(a, { by: b, stopped: this.#over }) && isOver(b, { by: a, stopped: this.#over })) this.#resolve();
  }

  #judgeClosed(end: End, other: End): void {
    if (!end.closed || this.#over) return;
    if (!end.ended) return this.#finish(reset);
    // It said all it had and wants no more; its last bytes must still reach the other before that one is let go.
    if (!other.ended && other.stream.writableFinished) this.#finish(retire);
  }

  #finish(how: (stream: Duplex) => void): void {
    const { a, b } = this.#ends;
    this.#over = true;
    a.stream.unpipe(b.stream);
    b.stream.unpipe(a.stream);
    for (const { stream, closed } of [a, b]) if (!closed) how(stream);
  }
}

/**
 * A TCP socket that ended too is closed at once: its peer sees the same, and a shutdown before it would be one more turn of the event loop.
 * After what this turn has to write, as close(2) takes as long as such a write and nobody waits for it.
 */
function endSending({ stream, ended }: End): void {
  const isLast = ended && stream instanceof Socket && stream.remoteFamily !== undefined && stream.writableLength === 0;
  if (isLast) setImmediate(() => stream.destroy());
  else stream.end();
}

/** A channel is over once our part is done: on a silent connection its 'close' may not come for long. */
function isOver(end: End, { by, stopped }: { by: End; stopped: boolean }): boolean {
  if (end.closed) return true;
  return isChannel(end.stream) && (stopped || (end.ended && by.ended && end.stream.writableFinished));
}
