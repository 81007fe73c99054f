import type { RetryClass } from '../model/problems/entry.ts';

/**
 * Milliseconds until the next try: exponential with full jitter, so that a thousand clients of one
 * rebooted server do not come back as one. `attempt` counts from 1; `jitter` is uniform in [0, 1).
 *
 * Where nobody heard us, asking often costs nobody anything and finds the network's return at once. Where a server
 * locks out, `leastMs` says for how long (lock-out.ts), and chance only adds to it.
 */
export function backoff(given: BackoffGiven): number {
  const { base, cap } = BOUNDS[given.retry];
  const ceiling = Math.min(cap, base * 2 ** Math.min(given.attempt - 1, 30));
  const least = given.leastMs ?? 0;
  return Math.round(least > 0 ? least * (1 + given.jitter / 10) : ceiling * given.jitter);
}

type BackoffGiven = { readonly retry: RetryClass; readonly attempt: number; readonly jitter: number; readonly leastMs?: number };

const BOUNDS: Record<RetryClass, { readonly base: number; readonly cap: number }> = {
  silent: { base: 250, cap: 250 },
  unanswered: { base: 250, cap: 2_000 },
  answered: { base: 500, cap: 60_000 },
  held: { base: 500, cap: 30_000 },
  // Never used for a blind retry; a total function needs a value, and this one does no harm.
  person: { base: 60_000, cap: 300_000 },
};

/** A connection that held this long was a good one: the next loss starts counting anew. */
export const STABLE_MS = 60_000;
