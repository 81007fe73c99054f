import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Problem } from '../../model/problem.ts';
import { DEFAULT_KEEPALIVE, type Profile } from '../../model/profile.ts';
import { resolveRoute } from '../../ssh/config/resolve-route.ts';
import type { SshDefaults } from '../../ssh/config/ssh-defaults.ts';
import type { HopState, Lease, Links, OnRevived, Route } from '../../ssh/links/links.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import { Foretold } from './foretold.ts';
import { LastRoute, leaseEarly } from './lease-early.ts';
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
  #foretold: Foretold | null = null;
  #dials = 0;

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

  /** Begins what the next `connect` begins, if it comes in a moment. What is wrong is told to that one. */
  foretell(): void {
    this.#foretell().catch(() => {});
  }

  async #foretell(): Promise<void> {
    const dials = this.#dials;
    const env = await this.#given.env();
    if (dials !== this.#dials) return;
    const { clock, links, lineup } = this.#given;
    const { profile } = lineup;
    const question = questionOf(profile, env);
    // Who comes a second time may have corrected what the connection that is under way goes by.
    const again = this.#foretold?.isOver === false;
    this.#foretold?.end();
    this.#foretold = new Foretold({
      clock,
      question,
      guess: again ? null : this.#last.guess(question),
      ask: (signal) => this.#ask(env, signal),
      lease: (route, { signal, sure }) => links.lease(route, signal, { tunnel: profile.name, ...(sure && { sure }) }),
    });
  }

  /** Asks ssh_config anew for each dial, so that a correction takes effect without a restart. */
  async connect(epoch: number, { byPerson }: { readonly byPerson: boolean }): Promise<readonly HopLink[]> {
    const { onLost } = this.#given;
    const dial = new AbortController();
    this.#dial = dial;
    this.#dials += 1;
    const lease = await this.#leased(epoch, { byPerson, signal: dial.signal });
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

  async #leased(epoch: number, { byPerson, signal }: { readonly byPerson: boolean; readonly signal: AbortSignal }): Promise<Lease> {
    const { links, onNeeded, onRevived } = this.#given;
    const { profile } = this.#given.lineup;
    const own = { tunnel: profile.name, onRevived, onNeeded: (needed: Problem | null) => onNeeded(epoch, needed), byPerson };
    const env = await this.#given.env();
    const question = questionOf(profile, env);
    const foretold = this.#takeForetold(question, signal);
    try {
      return await leaseEarly({
        asked: foretold?.asked ?? this.#ask(env, signal),
        guess: this.#last.guess(question),
        signal,
        lease: (route, how) => {
          this.#route = route;
          return links.lease(route, how.signal, { ...own, ...(how.sure && { sure: how.sure }) });
        },
      });
    } finally {
      foretold?.end();
    }
  }

  #takeForetold(question: string, signal: AbortSignal): Foretold | null {
    const foretold = this.#foretold;
    this.#foretold = null;
    if (foretold === null || foretold.isOver) return null;
    if (foretold.question === question) return foretold.taken(signal);
    foretold.end();
    return null;
  }

  async #ask(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Route> {
    const { defaults } = this.#given;
    const { profile } = this.#given.lineup;
    const { hops, ssh, keepalive } = profile;
    // To start a process stops this one for milliseconds: a dial by the last answer goes out before.
    await nextTurn();
    const resolved = await resolveRoute(hops, ssh, { env, signal, defaults });
    const route = { hops: resolved, keepalive: keepalive === 'mirror' ? DEFAULT_KEEPALIVE : keepalive };
    this.#last.note(questionOf(profile, env), route);
    return route;
  }

  /**
   * Parts at once with what is dialled or held; a later connection is not touched by what it returns, which gives it back.
   * Who may return keeps the connection of its own.
   */
  leave(how: Parameters<Lease['release']>[0]): () => Promise<void> {
    this.#dial?.abort(new Error('given up'));
    this.#dial = null;
    this.#foretold?.end();
    const lease = this.#lease;
    this.#lease = null;
    const end = how === 'for-good' ? this.own.end() : null;
    return async () => void (await Promise.all([lease?.release(how), end?.()]));
  }
}

/** What its route depends on beside ssh_config. */
const questionOf = ({ hops, ssh, keepalive }: Profile, env: NodeJS.ProcessEnv): string =>
  JSON.stringify([hops, ssh, keepalive, env['SSH_AUTH_SOCK']]);
