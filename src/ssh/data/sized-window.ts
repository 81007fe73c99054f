import { FIRST_WINDOW, isIdle, isRoundOver, type ReceiveWindow, wantedSize } from '../../decide/receive-window.ts';
import type { WindowBudget } from './window-budget.ts';

export type WindowGiven = {
  readonly budget: WindowBudget;
  /** Of one channel, in bytes. */
  readonly most: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The link's round trip; null: not known yet. */
  readonly rttMs: () => number | null;
};

/** Before the first answer: of a link that is near. */
const UNKNOWN_RTT_MS = 1;

/** One channel's receive window, grown and shrunk by what `decide/receive-window` says, within the budget. */
export class SizedWindow implements ReceiveWindow {
  readonly #given: WindowGiven;
  size: number;
  open: number;
  round = 0;
  roundSince: number;
  /** What the budget has given; the least window is not part of it. */
  #charged: number;

  constructor(given: WindowGiven) {
    this.#given = given;
    const before = given.budget.used;
    this.size = given.budget.first(given.most);
    this.#charged = given.budget.used - before;
    this.open = this.size;
    this.roundSince = given.now();
  }

  /** Counts what came in and, once in a round trip, fits the size to it. */
  arrived(bytes: number): void {
    const { now, rttMs } = this.#given;
    const at = { now: now(), rttMs: rttMs() ?? UNKNOWN_RTT_MS };
    if (isIdle(this, at.now)) this.rest();
    this.open -= bytes;
    this.round += bytes;
    if (!isRoundOver(this, at)) return;
    this.#grow(wantedSize(this, at));
    this.round = 0;
    this.roundSince = at.now;
  }

  opened(bytes: number): void {
    this.open += bytes;
  }

  /** Back to the first size: what was allowed stays allowed, but less is allowed anew. */
  rest(): void {
    const over = Math.min(this.#charged, Math.max(0, this.size - FIRST_WINDOW));
    this.size -= over;
    this.#return(over);
  }

  release(): void {
    this.#return(this.#charged);
  }

  #grow(wanted: number): void {
    const { budget, most } = this.#given;
    const more = budget.more(Math.min(wanted, most) - this.size);
    this.size += more;
    this.#charged += more;
  }

  #return(bytes: number): void {
    this.#charged -= bytes;
    this.#given.budget.back(bytes);
  }
}
