import { judgeLockOut, REFUSALS_ALLOWED, REFUSALS_COUNT_MS, type Sign, signOf } from '../../decide/lock-out.ts';
import { type Problem, ProblemError, problem, problemOf } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';

/** How often in a row each account has refused us; kept, so that a supervisor that is restarted again and again does not insist. */
export interface RefusalStore {
  get(): Readonly<Record<string, number>>;
  set(counts: Readonly<Record<string, number>>): void;
}

export type Account = {
  readonly host: string;
  readonly user: string;
  /** As `sshWords` gives it. */
  readonly ssh: string;
  /** The way to the server, which tells servers of one address apart. */
  readonly place: string;
};

type Server = {
  /** How often in a row it has shown which sign of a lock-out. */
  run: { readonly sign: Sign; readonly times: number } | null;
  /** When its refused logins were, wall clock. */
  refusedAt: readonly number[];
  /** Turned away, and not to be asked again before `until`. */
  away: { readonly because: Extract<Problem, { code: 'turned-away' }>; readonly until: number } | null;
};

/**
 * Keeps every tunnel from insisting where a server locks out who does: what one of them has met counts for all that go to
 * that server. Only a person's act (`forgive`) leads past it sooner.
 */
export class LockOuts {
  readonly #clock: Clock;
  readonly #refusals: RefusalStore;
  readonly #servers = new Map<string, Server>();

  constructor(given: { readonly clock: Clock; readonly refusals: RefusalStore }) {
    this.#clock = given.clock;
    this.#refusals = given.refusals;
  }

  /** Dials, or rejects at once where that would be to insist: `turned-away` or `login-held-back`. */
  async guard<T>(account: Account, dial: () => Promise<T>): Promise<T> {
    const forbidden = this.#forbidden(account);
    if (forbidden !== null) throw new ProblemError(forbidden);
    try {
      const link = await dial();
      this.forgive(account);
      return link;
    } catch (error) {
      const seen = problemOf(error);
      const because = this.#failed(account, seen);
      throw because === seen ? error : new ProblemError(because, { cause: error });
    }
  }

  /** For logins that nobody needs: they keep to what is known, and what they meet keeps nobody else away. */
  heeded(): Pick<LockOuts, 'guard' | 'reached' | 'forgive'> {
    const guard = async <T>(account: Account, dial: () => Promise<T>): Promise<T> => {
      const forbidden = this.#forbidden(account);
      if (forbidden !== null) throw new ProblemError(forbidden);
      return await dial();
    };
    return { guard, reached: () => {}, forgive: () => {} };
  }

  /** The server has let us as far as the login. */
  reached({ place }: Account): void {
    this.#server(place).run = null;
  }

  /** A person has asked for it, or the login has succeeded. */
  forgive(account: Account): void {
    this.#servers.delete(account.place);
    const { [keyOf(account)]: count, ...others } = this.#refusals.get();
    if (count !== undefined) this.#refusals.set(others);
  }

  #forbidden(account: Account): Problem | null {
    const { away } = this.#server(account.place);
    const left = away === null ? 0 : away.until - this.#clock.now();
    if (away !== null && left > 0) return problem('turned-away', { ...away.because.facts, ms: left });
    const times = this.#refusals.get()[keyOf(account)] ?? 0;
    return times >= REFUSALS_ALLOWED
      ? problem('login-held-back', { host: account.host, user: account.user, ssh: account.ssh, times })
      : null;
  }

  #failed(account: Account, seen: Problem): Problem {
    const server = this.#server(account.place);
    const now = this.#clock.now();
    if (seen.code === 'login-refused' || seen.code === 'login-cut-off') {
      server.refusedAt = [...server.refusedAt, now];
      const counts = this.#refusals.get();
      this.#refusals.set({ ...counts, [keyOf(account)]: (counts[keyOf(account)] ?? 0) + 1 });
    }
    const sign = signOf(seen);
    if (sign === null) return seen;
    server.run = { sign, times: server.run?.sign === sign ? server.run.times + 1 : 1 };
    server.refusedAt = server.refusedAt.filter((at) => now - at < REFUSALS_COUNT_MS);
    const because = judgeLockOut(seen, { refusals: server.refusedAt.length, times: server.run.times });
    if (because?.code !== 'turned-away') return seen;
    server.away = { because, until: now + (because.facts.ms ?? 0) };
    return because;
  }

  #server(place: string): Server {
    const known = this.#servers.get(place) ?? { run: null, refusedAt: [], away: null };
    this.#servers.set(place, known);
    return known;
  }
}

const keyOf = ({ place, user }: Account): string => `${user} ${place}`;

/** For who keeps nothing. */
export function forgetfulRefusals(): RefusalStore {
  let counts: Readonly<Record<string, number>> = {};
  return {
    get: () => counts,
    set: (next) => {
      counts = next;
    },
  };
}
