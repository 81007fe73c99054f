import { areInTheWay } from '../../decide/same-port.ts';
import type { Address } from '../../model/address.ts';

type Claim = { readonly tunnel: string; readonly at: Address };

/** Who of this supervisor listens where on this machine: two profiles with one port are the commonest clash. */
export class LocalClaims {
  readonly #held = new Set<Claim>();

  /** The tunnel that is in the way there, this one (with another forward) included. */
  holder(listen: Address): string | null {
    return [...this.#held].find(({ at }) => areInTheWay(at, listen))?.tunnel ?? null;
  }

  /** Returns the release. */
  hold(at: Address, tunnel: string): () => void {
    const claim = { tunnel, at };
    this.#held.add(claim);
    return () => void this.#held.delete(claim);
  }
}
