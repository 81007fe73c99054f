import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';

/** A session channel, which says when the server has closed it. */
type Closing = { once(event: 'close', listener: () => void): unknown };

export type OneSessionNeeds = {
  readonly clock: Pick<Clock, 'after'>;
  /** The server's software version. */
  readonly ident: () => string;
};

/** What ends by itself, or is closed by us, does so within this; the next is not kept waiting for ever by what does not. */
const PATIENCE_MS = 2_000;

/**
 * Opens session channels (exec, SFTP), on dropbear one after the other. When a process of one channel ends, dropbear closes
 * every other one whose command has not been asked for yet (2022.83, sesscheckclose: no process yet counts as ended). To who
 * asks then, that looks like a refusal, and an answer of the command's ends the whole connection.
 */
export class OneSession {
  readonly #needs: OneSessionNeeds;
  #before: Promise<unknown> = Promise.resolve();

  constructor(needs: OneSessionNeeds) {
    this.#needs = needs;
  }

  async open<T extends Closing>(openNow: () => Promise<T>): Promise<T> {
    if (!this.#needs.ident().startsWith('dropbear')) return await openNow();
    const before = this.#before;
    const opening = before.then(openNow);
    this.#before = opening.then(
      (channel) => this.#closed(channel),
      () => {},
    );
    return await opening;
  }

  async #closed(channel: Closing): Promise<void> {
    const closed = deferred<void>();
    channel.once('close', () => closed.resolve());
    const cancel = this.#needs.clock.after(PATIENCE_MS, () => closed.resolve());
    await closed.promise;
    cancel();
  }
}
