import type { Bindings } from './bindings.ts';
import type { Connection } from './connection.ts';

export type GiveBackGiven = {
  readonly connection: Pick<Connection, 'leave'>;
  readonly bindings: Pick<Bindings, 'settled'>;
  readonly onFailure: (error: unknown) => void;
};

/** Gives bindings and their connection back in order: one after the other, and never what was begun meanwhile. */
export class GiveBack {
  readonly #given: GiveBackGiven;
  #last: Promise<unknown> = Promise.resolve();

  constructor(given: GiveBackGiven) {
    this.#given = given;
  }

  /** Parts with the connection at once, ends it after `unbind`. Resolves when all is free, also what was begun before. Never rejects. */
  async after(unbind: () => Promise<void>): Promise<void> {
    const release = this.#given.connection.leave('for-good');
    const work = async (): Promise<void> => {
      await unbind();
      await release();
      // The end of its own connection ends a request; on one that others use the server's word is waited for.
      await this.#given.bindings.settled();
    };
    this.#last = Promise.all([this.#last, work().catch(this.#given.onFailure)]);
    await this.#last;
  }
}
