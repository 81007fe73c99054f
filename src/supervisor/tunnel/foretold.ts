import type { Clock } from '../../platform/clock.ts';
import type { Route } from '../../ssh/links/links.ts';
import type { EarlyGiven } from './lease-early.ts';

export type ForetoldGiven = {
  readonly clock: Pick<Clock, 'after'>;
  /** What the route depends on. */
  readonly question: string;
  /** As for `leaseEarly`. */
  readonly guess: Route | null;
  readonly ask: (signal: AbortSignal) => Promise<Route>;
  readonly lease: EarlyGiven['lease'];
};

/** As long as a command may take on a busy machine from its start until it has read its profiles. */
const PATIENCE_MS = 5_000;

/**
 * What is begun for a dial that a command is about to ask for: ssh_config is read, and the connection that it gave the last time
 * is begun. Nobody is certain of that connection, so its server is neither judged nor logged in to before the dial itself, which
 * finds it under way, is.
 */
export class Foretold {
  readonly question: string;
  /** Rejects as `ask`, or once it is over. */
  readonly asked: Promise<Route>;
  readonly #over = new AbortController();
  readonly #cancel: () => void;

  constructor({ clock, question, guess, ask, lease }: ForetoldGiven) {
    const { signal } = this.#over;
    this.question = question;
    this.asked = ask(signal);
    // Both are told to the dial, which then asks and begins by itself.
    this.asked.catch(() => {});
    if (guess !== null) lease(guess, { signal, sure: new Promise(() => {}) }).catch(() => {});
    this.#cancel = clock.after(PATIENCE_MS, () => this.end());
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** The dial is there, which says when it is over. */
  taken(signal: AbortSignal): this {
    this.#cancel();
    signal.addEventListener('abort', () => this.end(), { once: true });
    return this;
  }

  /** A connection that somebody else uses by then stays. */
  end(): void {
    this.#cancel();
    this.#over.abort(new Error('foretold in vain'));
  }
}
