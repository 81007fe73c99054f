import type { Clock } from '../../platform/clock.ts';
import { Roster } from '../../platform/roster.ts';
import { type StopSignal, Stopper } from '../../platform/stopper.ts';

/** One connection's stay: when to stop it, and where it says that both ends are joined. */
export type Stay = {
  /** Aborted when the connection is to be dropped at once. */
  readonly stop: StopSignal;
  joined(): void;
};

type Guest = { readonly stop: Stopper; joined: boolean; served: Promise<void> };

const NOT_YET = Promise.resolve();

/** The connections of one listener. */
export class Crowd {
  readonly #guests = new Roster<Guest>();
  #closed = false;

  /** Runs one connection; `serve` never rejects. After the drain has begun it is stopped from its start. */
  admit(serve: (stay: Stay) => Promise<void>): void {
    const guest: Guest = { stop: new Stopper(), joined: false, served: NOT_YET };
    if (this.#closed) guest.stop.abort();
    const joined = (): void => void (guest.joined = true);
    const seat = this.#guests.enter(guest);
    guest.served = serve({ stop: guest.stop, joined }).finally(() => this.#guests.leave(seat));
  }

  /** Drops whoever still waits for its target, lets the others end by themselves for `ms`, then drops them too. */
  async drain(ms: number, clock: Clock): Promise<void> {
    this.#closed = true;
    const dropAll = (): void => this.#drop(() => true);
    this.#drop((guest) => !guest.joined);
    if (ms <= 0) dropAll();
    const cancel = clock.after(ms, dropAll);
    await Promise.all(this.#guests.members().map(({ served }) => served));
    cancel();
  }

  #drop(which: (guest: Guest) => boolean): void {
    for (const guest of this.#guests.members()) if (which(guest)) guest.stop.abort();
  }
}
