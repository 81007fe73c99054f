/** Ours begin here: ssh2 counts its own from 0, one for each command and file session. */
export const FIRST_ID = 2 ** 24;

/** Numbers of our channels; one is used again once both ends have closed its channel. */
export class ChannelIds {
  readonly #free: number[] = [];
  #next = FIRST_ID;

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  give(id: number): void {
    this.#free.push(id);
  }
}
