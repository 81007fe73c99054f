import type { Lease, Route } from '../../ssh/links/links.ts';

export type EarlyGiven = {
  /** What ssh_config says now. */
  readonly asked: Promise<Route>;
  /** What it said the last time; null: that is not known, or nothing may be begun by it. */
  readonly guess: Route | null;
  /** Rejects with the reason of the signal when that is aborted, and keeps nothing then. */
  readonly lease: (route: Route, how: { readonly signal: AbortSignal; readonly sure?: Promise<unknown> }) => Promise<Lease>;
  readonly signal: AbortSignal;
};

/**
 * Leases the route that ssh_config gives. Where the last answer is known the connections are begun by it while ssh is asked,
 * and not logged in to before it has given the same answer; begun in vain where it gives another one, they are given up.
 * Rejects as `asked`, or as `lease` for the route that was asked for.
 */
export async function leaseEarly({ asked, guess, lease, signal }: EarlyGiven): Promise<Lease> {
  if (guess === null) return await lease(await asked, { signal });
  const inVain = new AbortController();
  const sure = asked.then((route) => {
    if (!isSameRoute(route, guess)) throw new Error('ssh_config has changed');
  });
  const early = lease(guess, { signal: AbortSignal.any([signal, inVain.signal]), sure });
  early.catch(() => {});
  try {
    await sure;
  } catch (error) {
    inVain.abort(error);
    await early.then(
      (unwanted) => unwanted.release('for-good'),
      () => {},
    );
    return await lease(await asked, { signal });
  }
  return await early;
}

export const isSameRoute = (one: Route, other: Route): boolean => JSON.stringify(one) === JSON.stringify(other);

/** The last answer to a question about a route. */
export class LastRoute {
  #last: { readonly question: string; readonly route: Route } | null = null;

  /** None by which a program would be run that ssh_config may not have any more. */
  guess(question: string): Route | null {
    if (this.#last?.question !== question) return null;
    const { route } = this.#last;
    return route.hops.some(({ way, trust }) => way.command !== null || trust.command !== null) ? null : route;
  }

  note(question: string, route: Route): void {
    this.#last = { question, route };
  }
}
