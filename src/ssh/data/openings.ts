import type { Deferred } from '../../platform/deferred.ts';
import { ChannelRefused } from '../session/open-channel.ts';
import type { DataChannel } from './channel.ts';
import { Numbered } from './numbered.ts';
import type { SizedWindow } from './sized-window.ts';

type Opening = Omit<Deferred<DataChannel>, 'promise'> & { readonly window: SizedWindow; readonly askedAt: number };

/** The channels that the server was asked for and that it has not answered yet, by our number. */
export class Openings {
  readonly #byId = new Numbered<Opening>();

  get size(): number {
    return this.#byId.size;
  }

  /** Rejects with ChannelRefused; what is dropped is not settled. */
  ask(id: number, window: SizedWindow): Promise<DataChannel> {
    return new Promise((resolve, reject) => this.#byId.set(id, { resolve, reject, window, askedAt: performance.now() }));
  }

  /** Null: nobody has asked. */
  take(id: number): Opening | null {
    return this.#byId.take(id) ?? null;
  }

  dropAll(): void {
    for (const { window } of this.#byId.takeAll()) window.release();
  }
}

/** `reason`: of SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1); null: there was none. */
export function refuse({ window, reject }: Opening, reason: number | null): void {
  window.release();
  reject(new ChannelRefused(reason));
}
