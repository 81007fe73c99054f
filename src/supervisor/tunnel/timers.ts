import type { Timer } from '../../model/tunnel.ts';
import type { Clock } from '../../platform/clock.ts';

/** One tunnel's timers: a new one takes the place of the old one of its kind. */
export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Map<string, () => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  set(timer: Timer, at: number, ring: () => void): void {
    const key = timer.for === 'bind' ? `bind ${timer.forward}` : timer.for;
    this.#cancels.get(key)?.();
    this.#cancels.set(key, this.#clock.after(at - this.#clock.now(), ring));
  }

  clear(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }
}
