import type { Clock } from '../../platform/clock.ts';
import { type StopSignal, Stopper } from '../../platform/stopper.ts';

/** One connection's stay: when to stop it, and where it says that both ends are joined. */
export type Stay = {
  /** Aborted when the connection is to be dropped at once. */
  readonly stop: StopSignal;
  joined(): void;
};

type Guest = { readonly stop: Stopper; joined: boolean };

/** The connections of one listener. */
export class Crowd {
  readonly #guests = new Map<Guest, Promise<void>>();
  #closed = false;

  /** Runs one connection; `serve` never rejects. After the drain has begun it is stopped from its start. */
  admit(serve: (stay: Stay) => Promise<void>): void {
    const guest: Guest = { stop: new Stopper(), joined: false };
    if (this.#closed) guest.stop.abort();
    const joined = (): void => void (guest.joined = true);
    const served = serve({ stop: guest.stop, joined }).finally(() => this.#guests.delete(guest));
    this.#guests.set(guest, served);
  }

  /** Drops whoever still waits for its target, lets the others end by themselves for `ms`, then drops them too. */
  async drain(ms: number, clock: Clock): Promise<void> {
    this.#closed = true;
    const dropAll = (): void => this.#drop(() => true);
    this.#drop((guest) => !guest.joined);
    if (ms <= 0) dropAll();
    const cancel = clock.after(ms, dropAll);
    await Promise.all(this.#guests.values());
    cancel();
  }

  #drop(which: (guest: Guest) => boolean): void {
    for (const guest of this.#guests.keys()) if (which(guest)) guest.stop.abort();
  }
}
