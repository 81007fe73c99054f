import { type Problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import type { LiveLink } from '../session/live-link.ts';
import type { Reset } from '../types.ts';
import type { Parking } from './parking.ts';

/** What becomes of a place's dead connections: parked until the way there is free, then reset, and told to the next one. */
export class DeadLinks {
  readonly #clock: Clock;
  readonly #parking: Parking;
  readonly #place: string;
  #reset: Reset | null = null;

  constructor(place: string, { clock, parking }: { readonly clock: Clock; readonly parking: Parking }) {
    this.#place = place;
    this.#clock = clock;
    this.#parking = parking;
  }

  park(link: LiveLink, because: Problem): void {
    const parked = link.abandon(because);
    if (parked !== null) this.#parking.park(this.#place, parked);
  }

  /** The way is free. */
  dismiss(): void {
    const { count, ends } = this.#parking.dismiss(this.#place);
    if (count > 0) this.#reset = { ends, at: this.#clock.now() };
  }

  /** For the connection that comes after them, once. */
  takeReset(): Reset | null {
    const reset = this.#reset;
    this.#reset = null;
    return reset;
  }
}
