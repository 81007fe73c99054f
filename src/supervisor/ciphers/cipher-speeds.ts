import { type CipherCosts, printSpeeds } from '../../model/cipher-costs.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../log.ts';
import type { Store } from '../stores.ts';

/** What was measured on each machine that has used this directory, by machineKey; the latest last. */
export type KeptSpeeds = Readonly<Record<string, CipherCosts>>;

export type SpeedsGiven = {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly store: Pick<Store<KeptSpeeds>, 'get' | 'set'>;
  readonly machine: () => string;
  readonly measure: (signal: AbortSignal) => Promise<CipherCosts>;
  /** How busy we were since it was asked before, 0 to 1. */
  readonly load: () => number;
};

/** After the first connection was begun, which is not to wait for it. */
const FIRST_MS = 3_000;
const AGAIN_MS = 5_000;
const BUSY = 0.3;
const MACHINES_KEPT = 8;

/** What ciphers cost on this machine: measured once, when there is little else to do, and remembered. */
export class CipherSpeeds {
  readonly #given: SpeedsGiven;
  readonly #over = new AbortController();
  #machine: string | null = null;
  #known: CipherCosts | null = null;
  #cancel = (): void => {};

  constructor(given: SpeedsGiven) {
    this.#given = given;
  }

  /** Null as long as nothing was measured. Who never connects anywhere has nothing measured. */
  readonly costs = (): CipherCosts | null => {
    if (this.#machine === null) this.#begin(this.#given.machine());
    return this.#known;
  };

  close(): void {
    this.#over.abort();
    this.#cancel();
  }

  #begin(machine: string): void {
    this.#machine = machine;
    const kept = this.#given.store.get();
    this.#known = Object.hasOwn(kept, machine) ? (kept[machine] ?? null) : null;
    if (this.#known !== null) return;
    this.#given.load();
    this.#later(FIRST_MS, machine);
  }

  #later(ms: number, machine: string): void {
    if (this.#over.signal.aborted) return;
    this.#cancel = this.#given.clock.after(ms, () => {
      if (this.#given.load() > BUSY) this.#later(AGAIN_MS, machine);
      else void this.#measure(machine);
    });
  }

  async #measure(machine: string): Promise<void> {
    const { measure, log } = this.#given;
    try {
      this.#known = await measure(this.#over.signal);
      log.info('ciphers-measured', { text: `Measured how fast this machine encrypts and decrypts again: ${printSpeeds(this.#known)}.` });
      this.#keep(machine, this.#known);
    } catch (error) {
      if (this.#over.signal.aborted) return;
      log.warn('ciphers-not-measured', { text: `Which cipher is the fastest here could not be measured: ${String(error)}` });
    }
  }

  #keep(machine: string, costs: CipherCosts): void {
    const { store } = this.#given;
    const others = Object.entries(store.get()).filter(([name]) => name !== machine);
    try {
      store.set(Object.fromEntries([...others, [machine, costs]].slice(-MACHINES_KEPT)));
    } catch {
      // Logged, kept in memory and tried again.
    }
  }
}
