import type { Problem } from '../../model/problem.ts';
import { DEFAULT_KEEPALIVE, type Profile } from '../../model/profile.ts';
import { resolveRoute } from '../../ssh/config/resolve-route.ts';
import type { SshDefaults } from '../../ssh/config/ssh-defaults.ts';
import type { HopState, Lease, Links, OnRevived, Route } from '../../ssh/links/links.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import { type EarlyGiven, LastRoute, leaseEarly } from './lease-early.ts';
import type { Lineup } from './lineup.ts';
import { OwnConnection, type OwnGiven } from './own-connection.ts';

export type ConnectionGiven = Omit<OwnGiven, 'route'> & {
  readonly lineup: Pick<Lineup, 'profile'>;
  readonly links: Pick<Links, 'lease' | 'states' | 'sharing'>;
  readonly defaults: SshDefaults;
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
  /** What takes new connections while the tunnel is heavy. */
  readonly own: OwnConnection;
  readonly #given: ConnectionGiven;
  #dial: AbortController | null = null;
  #lease: Lease | null = null;
  #route: Route | null = null;
  readonly #last = new LastRoute();

  constructor(given: ConnectionGiven) {
    this.#given = given;
    this.own = new OwnConnection({ ...given, route: () => (this.#lease === null ? null : this.#route) });
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
    const { links, env, onLost, onNeeded, onRevived } = this.#given;
    const { profile } = this.#given.lineup;
    const dial = new AbortController();
    this.#dial = dial;
    const signal = dial.signal;
    const own = { tunnel: profile.name, onRevived, onNeeded: (needed: Problem | null) => onNeeded(epoch, needed), byPerson };
    const lease = await leaseEarly({
      ...this.#ask(profile, await env(), signal),
      signal,
      lease: (route, how) => {
        this.#route = route;
        return links.lease(route, how.signal, { ...own, ...(how.sure && { sure: how.sure }) });
      },
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

  #ask({ hops, ssh, keepalive }: Profile, env: NodeJS.ProcessEnv, signal: AbortSignal): Pick<EarlyGiven, 'asked' | 'guess'> {
    const question = JSON.stringify([hops, ssh, keepalive, env['SSH_AUTH_SOCK']]);
    const guess = this.#last.guess(question);
    const ask = async (): Promise<Route> => {
      const resolved = await resolveRoute(hops, ssh, { env, signal, defaults: this.#given.defaults });
      const route = { hops: resolved, keepalive: keepalive === 'mirror' ? DEFAULT_KEEPALIVE : keepalive };
      this.#last.note(question, route);
      return route;
    };
    return { asked: ask(), guess };
  }

  /**
   * Parts at once with what is dialled or held; a later connection is not touched by what it returns, which gives it back.
   * Who may return keeps the connection of its own.
   */
  leave(how: Parameters<Lease['release']>[0]): () => Promise<void> {
    this.#dial?.abort(new Error('given up'));
    this.#dial = null;
    const lease = this.#lease;
    this.#lease = null;
    const end = how === 'for-good' ? this.own.end() : null;
    return async () => void (await Promise.all([lease?.release(how), end?.()]));
  }
}
