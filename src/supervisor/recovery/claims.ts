import { type Address, isSocket } from '../../model/address.ts';
import type { HopLink } from '../../ssh/remote/types.ts';

/** Who of this supervisor holds which binding on which server now: the answer to "is it one of us?" without asking anybody. */
export class Claims {
  readonly #held = new Map<string, string>();

  /** The tunnel that holds it, if another than this one. */
  holder(link: HopLink, listen: Address, than: string): string | null {
    const tunnel = this.#held.get(keyOf(link, listen));
    return tunnel === undefined || tunnel === than ? null : tunnel;
  }

  /** Returns the release. */
  hold(link: HopLink, listen: Address, tunnel: string): () => void {
    const key = keyOf(link, listen);
    this.#held.set(key, tunnel);
    const release = (): void => {
      if (this.#held.get(key) === tunnel) this.#held.delete(key);
    };
    void link.lost.then(release);
    return release;
  }
}

/** By the server's host key, so that two ways to one server are one place; by port, as addresses of one port overlap. */
const keyOf = ({ hostKey }: HopLink, listen: Address): string => `${hostKey} ${isSocket(listen) ? listen.path : listen.port}`;
