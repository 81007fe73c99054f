import { availableParallelism } from 'node:os';
import { AT_REST, isBrisk, isWantedByOthers, LEAVE_MS, LOOK_AFTER, type Pace, paceAfter, POLL_MS } from '../../decide/busy-poll.ts';

export type BusyPollGiven = {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls back after the event loop has looked for what came, without waiting for anything. */
  readonly again: (call: () => void) => void;
  /** How often the kernel has given our processor to somebody else while we wanted it (`ru_nivcsw` of getrusage(2)). */
  readonly preemptions: () => number;
  readonly processors: number;
};

/** Keeps the event loop awake between small messages that follow closely on each other. */
export class BusyPoll {
  readonly #given: BusyPollGiven;
  #isAllowed: boolean;
  #pace: Pace = AT_REST;
  #messageAt = -Infinity;
  #ends = 0;
  /** Who the last message came from. */
  #end = 0;
  #isPolling = false;
  #leftUntil = -Infinity;
  /** Since it was looked at who else wants the processor. */
  #messages = 0;
  #preemptions = 0;

  constructor(given: BusyPollGiven) {
    this.#given = given;
    // The server may be on this machine, and would have to wait for us.
    this.#isAllowed = given.processors > 1;
  }

  /** From now on it sleeps as others do. */
  forbid(): void {
    this.#isAllowed = false;
  }

  /** The number of a new end, a user's socket or a server's. */
  newEnd(): number {
    return ++this.#ends;
  }

  /** So many bytes came from that end, and were handled. */
  note(bytes: number, end: number): void {
    if (!this.#isAllowed) return;
    const now = this.#given.now();
    this.#pace = paceAfter(this.#pace, { bytes, gapMs: now - this.#messageAt, isAnswer: end !== this.#end });
    this.#messageAt = now;
    this.#end = end;
    if (!isBrisk(this.#pace)) this.#messages = 0;
    else if (now >= this.#leftUntil && !this.#leaves(now)) this.#poll();
  }

  /** Looks now and then who else wants the processor, and leaves it to them for a while. */
  #leaves(now: number): boolean {
    if (this.#messages === 0) this.#preemptions = this.#given.preemptions();
    this.#messages += 1;
    if (this.#messages <= LOOK_AFTER) return false;
    this.#messages = 0;
    const isWanted = isWantedByOthers(this.#given.preemptions() - this.#preemptions, LOOK_AFTER);
    if (isWanted) this.#leftUntil = now + LEAVE_MS;
    return isWanted;
  }

  #poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#given.again(this.#step);
  }

  readonly #step = (): void => {
    const now = this.#given.now();
    const isOver = now - this.#messageAt >= POLL_MS || now < this.#leftUntil || !isBrisk(this.#pace);
    if (isOver) this.#isPolling = false;
    else this.#given.again(this.#step);
  };
}

/** There is one event loop, and so one of these. */
export const busyPoll = new BusyPoll({
  now: () => performance.now(),
  again: (call) => void setImmediate(call),
  preemptions: () => process.resourceUsage().involuntaryContextSwitches,
  processors: availableParallelism(),
});
