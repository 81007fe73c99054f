import type { Duplex } from 'node:stream';
import { isAtRest, type Load, NO_LOAD, weigh } from '../../decide/heavy.ts';
import { type Own, ownFailed, ownLost, ownStep, SHARED } from '../../decide/own-connection.ts';
import { type Problem, problemOf } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Lease, Links, Route } from '../../ssh/links/links.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Log } from '../log.ts';
import { isSameRoute } from './lease-early.ts';
import type { Lineup } from './lineup.ts';
import { OwnTeller } from './own-teller.ts';
import type { Usage } from './usage.ts';

export type OwnGiven = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly links: Pick<Links, 'lease' | 'sharing'>;
  readonly lineup: Pick<Lineup, 'profile' | 'carried'>;
  readonly usage: Pick<Usage, 'busy'>;
  readonly rungs: { prime(links: readonly HopLink[]): void };
  readonly log: Log;
  /** Of the connection that is shared; null: there is none now. */
  readonly route: () => Route | null;
  readonly onChange: () => void;
};

/** `since`: wall clock, ms. */
export type OwnShown = { readonly since: number; readonly connections: number };

type Held = { readonly lease: Lease; readonly route: Route; readonly since: number };

/** Several in the time that `weigh` looks at. */
const LOOK_EVERY_MS = 500;

/**
 * A tunnel's second connection to its hops, which takes its new connections while it is heavy, so that those who share the
 * first one do not wait behind them. It is made and given back as `ownStep` says; whatever becomes of it, the shared one serves.
 */
export class OwnConnection {
  readonly #given: OwnGiven;
  readonly #teller: OwnTeller;
  #state: Own = SHARED;
  #load: Load = NO_LOAD;
  #held: Held | null = null;
  #dial: AbortController | null = null;
  #channels = 0;
  #cancelLook: (() => void) | null = null;

  constructor(given: OwnGiven) {
    this.#given = given;
    this.#teller = new OwnTeller(given);
  }

  /** Null while there is none. */
  get shown(): OwnShown | null {
    return this.#held === null ? null : { since: this.#held.since, connections: this.#channels };
  }

  /** The tunnel is used, or in another way: from now on its load is watched for as long as there may be one. */
  look(): void {
    if (this.#cancelLook !== null || !this.#isWorthLooking()) return;
    this.#cancelLook = this.#given.clock.after(LOOK_EVERY_MS, () => {
      this.#cancelLook = null;
      this.#weigh();
      this.#step();
      this.look();
    });
  }

  /** What `open` gives over the own connection, or rejects with; null: there is none, or it could not be used. */
  async open(open: (links: readonly HopLink[]) => Promise<Duplex>): Promise<Duplex | null> {
    const held = this.#held;
    if (held === null || !this.#isFit(held)) return null;
    this.#channels += 1;
    try {
      const stream = await open(held.lease.links);
      if (stream.closed) this.#left(held);
      else stream.once('close', () => this.#left(held));
      return stream;
    } catch (error) {
      this.#left(held);
      // One that was lost meanwhile says nothing about the target.
      if (this.#held !== held) return null;
      throw error;
    }
  }

  /** Parts with it at once, and forgets what was against it; what it returns closes it in order. */
  end(): () => Promise<void> {
    this.#cancelLook?.();
    this.#cancelLook = null;
    this.#load = NO_LOAD;
    this.#teller.forget();
    const held = this.#letGo(SHARED);
    return async () => await held?.lease.release('for-good');
  }

  #isWorthLooking(): boolean {
    if (this.#state.is !== 'shared') return true;
    return this.#isWanted() && (this.#given.usage.busy || !isAtRest(this.#load));
  }

  #isWanted(): boolean {
    return this.#given.lineup.profile.secondLogin === 'when-heavy';
  }

  /** A profile that does without it, or goes elsewhere by now, uses it no more; nor does anybody while it is doubted. */
  #isFit({ lease, route }: Held): boolean {
    return this.#isWanted() && this.#leadsAsShared(route) && lease.links.every(({ suspect }) => !suspect);
  }

  #leadsAsShared(route: Route): boolean {
    const shared = this.#given.route();
    return shared === null || shared === route || isSameRoute(shared, route);
  }

  #weigh(): void {
    const { clock, lineup } = this.#given;
    this.#load = this.#isWanted() ? weigh(this.#load, { at: clock.monotonic(), ...lineup.carried }) : NO_LOAD;
  }

  #step(): void {
    const { clock, links, lineup } = this.#given;
    const route = this.#given.route();
    const sharing = route === null ? NOBODY : links.sharing(route, lineup.profile.name);
    const isAllowed = this.#isWanted() && (this.#held === null || this.#leadsAsShared(this.#held.route));
    const sight = { now: clock.monotonic(), isHeavy: this.#load.is === 'heavy', isAllowed, ...sharing, channels: this.#channels };
    switch (ownStep(this.#state, sight)) {
      case 'stay':
        return;
      case 'refrain':
        return this.#teller.refrained();
      case 'dial':
        return void (route !== null && this.#begin(route));
      case 'give-back':
        return this.#giveBack();
    }
  }

  #begin(route: Route): void {
    const dial = new AbortController();
    this.#dial = dial;
    this.#state = { is: 'dialing', failures: this.#state.failures };
    const { name } = this.#given.lineup.profile;
    this.#given.links.lease(route, dial.signal, { tunnel: name, apart: true }).then(
      (lease) => (dial.signal.aborted ? void lease.release('for-good') : this.#begun(lease, route)),
      (error: unknown) => (dial.signal.aborted ? undefined : this.#failed(problemOf(error))),
    );
  }

  #begun(lease: Lease, route: Route): void {
    const { clock, rungs } = this.#given;
    const held = { lease, route, since: clock.now() };
    this.#dial = null;
    this.#held = held;
    this.#channels = 0;
    this.#state = { is: 'own', failures: this.#state.failures, since: clock.monotonic() };
    rungs.prime(lease.links);
    this.#teller.begun(route);
    void lease.lost.then((because) => {
      if (this.#held === held) this.#lost(because);
    });
    this.#given.onChange();
  }

  #failed(because: Problem): void {
    this.#letGo(ownFailed(this.#state, because, this.#chance()));
    this.#teller.failed(because);
  }

  #lost(because: Problem): void {
    const held = this.#letGo(ownLost(this.#state, because, this.#chance()));
    void held?.lease.release('for-good');
    this.#teller.lost(because);
    this.#given.onChange();
  }

  #giveBack(): void {
    const held = this.#letGo({ is: 'shared', failures: 0, until: 0 });
    // Somebody may be heavy again in a moment.
    void held?.lease.release('may-return');
    if (held !== null) this.#teller.givenBack();
    this.#given.onChange();
  }

  #letGo(next: Own): Held | null {
    this.#dial?.abort(NOT_NEEDED);
    this.#dial = null;
    const held = this.#held;
    this.#held = null;
    this.#channels = 0;
    this.#state = next;
    return held;
  }

  #left(held: Held): void {
    if (this.#held !== held) return;
    this.#channels -= 1;
  }

  #chance(): { now: number; jitter: number } {
    return { now: this.#given.clock.monotonic(), jitter: this.#given.random() };
  }
}

const NOBODY = { isShared: false, isUnaided: false };
const NOT_NEEDED = new Error('the connection is not needed any more');
