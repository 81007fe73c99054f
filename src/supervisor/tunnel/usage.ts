import type { Clock } from '../../platform/clock.ts';
import type { Lineup } from './lineup.ts';

/** Whether anybody uses a tunnel: a connection is open, or being opened. */
export class Usage {
  readonly #clock: Clock;
  readonly #lineup: Lineup;
  #opening = 0;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock, lineup: Lineup) {
    this.#clock = clock;
    this.#lineup = lineup;
  }

  get busy(): boolean {
    return this.#opening > 0 || this.#lineup.counters.some((counter) => counter.open > 0);
  }

  /** Something has changed, such as how many connections are being opened. Whoever waits for the end of the use is told of it. */
  look(opening: 1 | -1 | 0): boolean {
    this.#opening += opening;
    const { busy } = this;
    if (!busy) for (const done of this.#waiting.splice(0)) done();
    return busy;
  }

  /** Resolves when nothing is open any more, or after `ms`. */
  ended(ms: number): Promise<void> {
    if (!this.busy) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#waiting.push(() => {
        cancel();
        resolve();
      });
    });
  }
}
