import { ProblemError, type Problem, problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Deferred, deferred } from '../../platform/deferred.ts';
import type { StopSignal } from '../../platform/stopper.ts';
import type { HopLink } from '../../ssh/remote/types.ts';

/**
 * Where new connections wait while the link is down. The listening end stays open through every
 * reconnect, so that a user sees a pause and not a refusal.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #waiting = new Set<Deferred<readonly HopLink[]>>();
  #links: readonly HopLink[] | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null while the link is down. */
  get links(): readonly HopLink[] | null {
    return this.#links;
  }

  open(links: readonly HopLink[]): void {
    this.#links = links;
    for (const waiter of this.#waiting) waiter.resolve(links);
  }

  close(): void {
    this.#links = null;
  }

  /** Nobody is to wait any longer. */
  fail(because: Problem): void {
    this.close();
    for (const waiter of this.#waiting) waiter.reject(new ProblemError(because));
  }

  /** The links, at once or when they are back; rejects with `hold-expired` after `holdMs`. */
  async pass(listen: string, holdMs: number, signal: StopSignal): Promise<readonly HopLink[]> {
    if (signal.aborted) throw signal.reason;
    if (this.#links !== null) return this.#links;
    const waiter = deferred<readonly HopLink[]>();
    const cancel = this.#clock.after(holdMs, () => waiter.reject(new ProblemError(problem('hold-expired', { listen }))));
    const abort = () => waiter.reject(signal.reason);
    signal.addEventListener('abort', abort);
    this.#waiting.add(waiter);
    try {
      return await waiter.promise;
    } finally {
      cancel();
      signal.removeEventListener('abort', abort);
      this.#waiting.delete(waiter);
    }
  }
}
