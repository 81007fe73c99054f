import type { Problem } from '../../model/problem.ts';
import { DEFAULT_KEEPALIVE, type Profile } from '../../model/profile.ts';
import { resolveRoute } from '../../ssh/config/resolve-route.ts';
import type { HopState, Lease, Links, OnRevived, Route } from '../../ssh/links/links.ts';
import type { HopLink } from '../../ssh/remote/types.ts';

export type ConnectionGiven = {
  readonly profile: Profile;
  readonly links: Links;
  readonly env: () => Promise<NodeJS.ProcessEnv>;
  readonly onRevived: OnRevived;
  /** What a person has to do before this epoch's dial can go on; null: nothing any more. */
  readonly onNeeded: (epoch: number, needed: Problem | null) => void;
  /** What may be done for new links beside the traffic. */
  readonly rungs: { prime(links: readonly HopLink[]): void };
  readonly onLost: (epoch: number, because: Problem) => void;
};

/** One tunnel's use of its route: which epoch's dial is under way, and which links it holds. */
export class Connection {
  readonly #given: ConnectionGiven;
  #dial: AbortController | null = null;
  #lease: Lease | null = null;
  #route: Route | null = null;

  constructor(given: ConnectionGiven) {
    this.#given = given;
  }

  get links(): readonly HopLink[] | null {
    return this.#lease?.links ?? null;
  }

  get route(): Route | null {
    return this.#route;
  }

  get hopStates(): readonly HopState[] {
    return this.#route === null ? [] : this.#given.links.states(this.#route);
  }

  /** Asks ssh_config anew for each dial, so that a correction takes effect without a restart. */
  async connect(epoch: number, { byPerson }: { readonly byPerson: boolean }): Promise<readonly HopLink[]> {
    const { profile, links, env, onLost, onNeeded, onRevived } = this.#given;
    const dial = new AbortController();
    this.#dial = dial;
    const hops = await resolveRoute(profile.hops, profile.ssh, { env: await env(), signal: dial.signal });
    this.#route = { hops, keepalive: profile.keepalive === 'mirror' ? DEFAULT_KEEPALIVE : profile.keepalive };
    const lease = await links.lease(this.#route, dial.signal, {
      tunnel: profile.name,
      onRevived,
      onNeeded: (needed) => onNeeded(epoch, needed),
      byPerson,
    });
    if (dial.signal.aborted) {
      await lease.release('for-good');
      throw dial.signal.reason;
    }
    this.#lease = lease;
    this.#dial = null;
    this.#given.rungs.prime(lease.links);
    void lease.lost.then((because) => {
      if (this.#lease === lease) onLost(epoch, because);
    });
    return lease.links;
  }

  /** Parts at once with what is dialled or held; a later connection is not touched by what it returns, which gives it back. */
  leave(): Lease['release'] {
    this.#dial?.abort(new Error('given up'));
    this.#dial = null;
    const lease = this.#lease;
    this.#lease = null;
    return async (how) => await lease?.release(how);
  }
}
