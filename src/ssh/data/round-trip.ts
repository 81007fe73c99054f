/** After so long an old best says little of the way that packets take now. */
const SPAN_MS = 5 * 60_000;

/**
 * The shortest round trip of a link in the last minutes, from answers that had to be waited for anyway. The shortest, as
 * most answers also wait for something else: a busy server, a target that is connected to, bulk before them.
 */
export class RoundTrip {
  readonly #now: () => number;
  #best = Infinity;
  #before = Infinity;
  #since: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  note(ms: number): void {
    const now = this.#now();
    if (now - this.#since > SPAN_MS) {
      this.#before = this.#best;
      this.#best = Infinity;
      this.#since = now;
    }
    if (ms < this.#best) this.#best = ms;
  }

  /** Milliseconds; null: nothing was noted. */
  get ms(): number | null {
    const best = Math.min(this.#best, this.#before);
    return best === Infinity ? null : best;
  }
}
