import type { Clock } from '../../platform/clock.ts';
import { type Hybrid, HYBRIDS, type HybridKeys, makeHybridKeys } from './hybrids.ts';

/** Keys for the exchanges of one connection. */
export interface KeySource {
  /** Our side has spoken, and the server's is waited for. */
  begun(): void;
  /** The server has said which software it is. `ours`: methods that we take. */
  greeted(software: string, ours: readonly string[]): void;
  /** The method that both sides have agreed on. */
  agreed(method: string): void;
  /** Keys for one exchange by this method of HYBRIDS. */
  take(method: string): Promise<HybridKeys>;
}

/** After the last step of any connection: when it has come about and is busy with its own work no longer. */
const QUIET_MS = 150;

const PAUSE_MS = 10;

/** A route often has two hops, and both begin at once after an outage. */
const SPARES = 2;

/**
 * Makes post-quantum keys, which take milliseconds, tens of them at first, ahead of need: while a server that is likely to
 * want them has not answered yet, and again when all is quiet. Spares of each mechanism, each given away once; none that no
 * server has asked for, or is likely to.
 */
export class SpareKeys {
  readonly #clock: Pick<Clock, 'after'> | null;
  readonly #spares = new Map<Hybrid['mechanism'], Promise<HybridKeys>[]>();
  /** By place; the empty name: one that has nothing to be made ahead. */
  readonly #chosen = new Map<string, string>();
  #last = '';
  #wanted: string | null = null;
  #cancel = (): void => {};

  /** Without a clock there is no time ahead of need but a server's. */
  constructor(clock: Pick<Clock, 'after'> | null = null) {
    this.#clock = clock;
  }

  /** `place`: which server it is, whatever it is that it wants. */
  at(place: string): KeySource {
    return {
      // In the next turn of the event loop, when what there was to say has been sent.
      begun: () => {
        this.#whenQuiet();
        setImmediate(() => this.#prepare(this.#chosen.get(place) ?? this.#last));
      },
      greeted: (software, ours) => {
        if (!this.#chosen.has(place)) this.#prepare(likelyMethod(software, ours));
      },
      agreed: (method) => {
        const known = HYBRIDS.has(method) ? method : '';
        this.#chosen.set(place, known);
        this.#last = known || this.#last;
      },
      take: (method) => this.#take(method),
    };
  }

  async #take(method: string): Promise<HybridKeys> {
    const hybrid = HYBRIDS.get(method);
    if (hybrid === undefined) throw new Error(`${method} is no hybrid method`);
    const spare = this.#spares.get(hybrid.mechanism)?.shift();
    this.#wanted = method;
    this.#whenQuiet();
    return await (spare ?? makeHybridKeys(hybrid));
  }

  /** One at a time, with a pause between: whatever else there is to do comes first. */
  #whenQuiet(): void {
    this.#cancel();
    if (this.#wanted === null || this.#clock === null) return;
    const method = this.#wanted;
    this.#cancel = this.#clock.after(QUIET_MS, () => this.#restock(method));
  }

  #restock(method: string): void {
    if (this.#prepare(method, SPARES) < SPARES) this.#cancel = this.#clock?.after(PAUSE_MS, () => this.#restock(method)) ?? this.#cancel;
    else this.#wanted = null;
  }

  /** Makes one where there are fewer than `count`; gives how many there are. */
  #prepare(method: string, count = 1): number {
    const hybrid = HYBRIDS.get(method);
    if (hybrid === undefined) return count;
    const spares = this.#spares.get(hybrid.mechanism) ?? [];
    this.#spares.set(hybrid.mechanism, spares);
    if (spares.length < count) {
      const keys = makeHybridKeys(hybrid);
      // Told to whoever takes them.
      keys.catch(() => {});
      spares.push(keys);
    }
    return spares.length;
  }
}

/** What OpenSSH wants where its administrator has said nothing: since 9.0 and 9.9. A wrong guess costs a spare. */
function likelyMethod(software: string, ours: readonly string[]): string {
  const version = /^OpenSSH_(\d+)\.(\d+)/.exec(software);
  if (version === null) return '';
  const release = Number(version[1]) * 100 + Number(version[2]);
  const theirs = release >= 909 ? SINCE_9_9 : release >= 900 ? SINCE_9_0 : [];
  return ours.find((method) => theirs.includes(method)) ?? '';
}

const SINCE_9_0: readonly string[] = ['sntrup761x25519-sha512@openssh.com'];
const SINCE_9_9: readonly string[] = ['mlkem768x25519-sha256', 'sntrup761x25519-sha512', ...SINCE_9_0];
