import { FIRST_ID } from './channel-ids.ts';

/** What is kept by a number of ours. An array, as numbers are used again; not a Map, for the reason told in platform/roster. */
export class Numbered<Kept> {
  readonly #slots: (Kept | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Undefined: nothing, or no number of ours. */
  get(id: number): Kept | undefined {
    return this.#slots[id - FIRST_ID];
  }

  /** Where nothing is yet. */
  set(id: number, kept: Kept): void {
    this.#slots[id - FIRST_ID] = kept;
    this.#size += 1;
  }

  /** What was there, which is there no longer. */
  take(id: number): Kept | undefined {
    const kept = this.get(id);
    if (kept === undefined) return undefined;
    this.#slots[id - FIRST_ID] = undefined;
    this.#size -= 1;
    return kept;
  }

  takeAll(): Kept[] {
    const all = this.values();
    this.#slots.length = 0;
    this.#size = 0;
    return all;
  }

  values(): Kept[] {
    return this.#slots.filter((kept) => kept !== undefined);
  }
}
