import { FIRST_WINDOW, LEAST_WINDOW } from '../../decide/receive-window.ts';

/** Shares a limit among those who ask; a link's budget lies within the supervisor's. */
export class WindowBudget {
  readonly #limit: number;
  readonly #within: WindowBudget | null;
  #used = 0;

  constructor(limit: number, within: WindowBudget | null = null) {
    this.#limit = limit;
    this.#within = within;
  }

  get used(): number {
    return this.#used;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A channel's first window. It gets the least one even where nothing is left, so that it works at all. */
  first(most: number): number {
    const asked = Math.min(FIRST_WINDOW, most);
    return Math.max(Math.min(LEAST_WINDOW, most), this.more(asked));
  }

  /** As much of `bytes` as there is; what it gives is to be given back. */
  more(bytes: number): number {
    const left = Math.max(0, Math.min(bytes, this.#limit - this.#used));
    const given = this.#within === null ? left : this.#within.more(left);
    this.#used += given;
    return given;
  }

  back(bytes: number): void {
    this.#used -= bytes;
    this.#within?.back(bytes);
  }
}
