import type { Problem } from '../model/problem.ts';
import type { Decision, History, Policy } from './recovery.ts';

/** How long an outgoing connection that has ended can still keep its port (TIME_WAIT, 60 s on Linux), and some slack. */
export const SOURCE_PORT_MS = 65_000;

/** Without an ETA a fallback waits as long as the slowest common ClientAlive takes: 15 s x 3, doubled by OpenSSH 9.2 to 9.4. */
export const BLIND_WAIT_MS = 120_000;

/** Milliseconds until the server has to let go, 0 when that is overdue; null where it is unknown or never. */
export const etaOf = ({ patienceMs, deadForMs }: History): number | null =>
  patienceMs === null ? null : Math.max(0, patienceMs - (deadForMs ?? 0));

type Wait = {
  readonly etaMs: number | null;
  readonly problem: Problem;
  /** What comes after the waiting. */
  readonly before: 'fallback' | 'asking';
};

/**
 * Waiting is asking again for the same binding, which does not touch the listener in the way. Null once it has been
 * long enough: the profile's own limit, or, where another port comes next, the ETA.
 */
export function waitFor(given: { readonly policy: Policy; readonly history: History }, { etaMs, problem, before }: Wait): Decision | null {
  const { policy, history } = given;
  const leftMs = policy.giveUpAfterMs === null ? Infinity : policy.giveUpAfterMs - history.sinceMs;
  if (leftMs <= 0 || (before === 'fallback' && isOverdue(history))) return null;
  return { do: 'wait', retryAfterMs: Math.min(paceMs(etaMs), leftMs), etaMs, problem };
}

/** Every second, or up to every ten where the end is far off. */
const paceMs = (etaMs: number | null): number => (etaMs === null || etaMs < 120_000 ? 1_000 : Math.min(10_000, Math.round(etaMs / 60)));

/** A tenth and two seconds of grace: the server's clock starts a little later than ours. A mere bound is not waited out. */
function isOverdue({ patienceMs, atMost, deadForMs, verdictForMs }: History): boolean {
  if (patienceMs === null || atMost || deadForMs === null) return verdictForMs >= Math.min(patienceMs ?? Infinity, BLIND_WAIT_MS);
  return deadForMs >= patienceMs * 1.1 + 2_000;
}
