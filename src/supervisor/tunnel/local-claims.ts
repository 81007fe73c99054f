import { addressesOf, isWildcard } from '../../decide/same-port.ts';
import { type Address, isSocket } from '../../model/address.ts';

type Claim = { readonly tunnel: string; readonly at: Address };

/** Who of this supervisor listens where on this machine: two profiles with one port are the commonest clash. */
export class LocalClaims {
  readonly #held = new Set<Claim>();

  /** The tunnel that is in the way there, this one (with another forward) included. */
  holder(listen: Address): string | null {
    return [...this.#held].find(({ at }) => overlap(at, listen))?.tunnel ?? null;
  }

  /** Returns the release. */
  hold(at: Address, tunnel: string): () => void {
    const claim = { tunnel, at };
    this.#held.add(claim);
    return () => void this.#held.delete(claim);
  }
}

/** ::1 and 127.0.0.1 are independent; a name that is looked up may be any address. */
function overlap(a: Address, b: Address): boolean {
  if (isSocket(a) || isSocket(b)) return isSocket(a) && isSocket(b) && a.path === b.path;
  if (a.port !== b.port) return false;
  const [mine, theirs] = [addressesOf(a.host), addressesOf(b.host)];
  if (mine === null || theirs === null || isWildcard(a.host) || isWildcard(b.host)) return true;
  return mine.some((host) => theirs.includes(host));
}
