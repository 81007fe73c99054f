import { isSocket } from '../model/address.ts';
import type { BindingVerdict, DeadSession, DeadSocketFile } from '../model/binding.ts';
import type { ConflictStep } from '../model/profile.ts';
import type { Decision, History, Policy } from './recovery.ts';
import { sourcePortProblem, staleProblem, unknownProblem } from './recovery-problem.ts';
import { etaOf, SOURCE_PORT_MS, waitFor } from './recovery-wait.ts';

export type Given = { readonly policy: Policy; readonly history: History };
type Stale = Given & { readonly verdict: Extract<BindingVerdict, { is: 'ours-stale' }> };

/** For each step of a profile's `onConflict`, what it has to do now; null: nothing (any more). */
type Rungs<G extends Given> = Record<ConflictStep, (given: G) => Decision | null>;

const MAX_EVICTIONS = 2;
const MAX_UNLINKS = 2;

/** The first step of the profile's order that has something to do. */
export function climb<G extends Given>(rungs: Rungs<G>, given: G): Decision | null {
  for (const step of given.policy.onConflict) {
    const decision = rungs[step](given);
    if (decision !== null) return decision;
  }
  return null;
}

export const STALE_RUNGS: Rungs<Stale> = {
  reclaim: ({ verdict, history }) => unlink(verdict.file, history) ?? knock(history) ?? evict(verdict.session, history),
  wait: (given) => {
    const etaMs = etaOf(given.history);
    const problem = staleProblem(given.policy, { pid: given.verdict.session?.pid ?? null, etaMs, atMost: given.history.atMost });
    return waitFor(given, { etaMs, problem, before: isFallbackNext(given) ? 'fallback' : 'asking' });
  },
  fallback: (given) => fallBack(given),
};

/** Knocking can end nothing but a connection that we gave up ourselves, so it takes no proof; ending a session does. */
export const UNKNOWN_RUNGS: Rungs<Given> = {
  reclaim: ({ history }) => knock(history),
  wait: (given) =>
    waitFor(given, { etaMs: null, problem: unknownProblem(given.policy), before: isFallbackNext(given) ? 'fallback' : 'asking' }),
  fallback: (given) => fallBack(given),
};

/** TIME_WAIT of an outgoing connection lasts 60 s on Linux; past that waiting helps no more than another port. */
export const SOURCE_PORT_RUNGS: Rungs<Given> = {
  // Without a `wait` in the profile it is waited for all the same where there is no other port: it is sure to end soon.
  reclaim: (given) => (given.policy.onConflict.some((step) => step !== 'reclaim') ? null : waitForSourcePort(given)),
  wait: (given) => waitForSourcePort(given),
  fallback: (given) => fallBack(given),
};

function waitForSourcePort({ policy, history }: Given): Decision | null {
  if (isSocket(policy.listen)) return null;
  const etaMs = SOURCE_PORT_MS - history.verdictForMs;
  return etaMs > 0 ? { do: 'wait', retryAfterMs: Math.min(1_000, etaMs), etaMs, problem: sourcePortProblem(policy, etaMs) } : null;
}

/** `delays`: milliseconds before the first, the second, ... of this episode. */
export const bindAgain = (delays: readonly number[], { tries }: History): Decision | null => {
  const afterMs = delays[tries];
  return afterMs === undefined ? null : { do: 'bind-again', afterMs };
};

export const evict = (session: DeadSession | null, { evictions, canEvict }: History): Decision | null =>
  session !== null && canEvict && evictions < MAX_EVICTIONS ? { do: 'evict', session } : null;

/** Before its session is ended: a new socket can be bound while the old session still has the old one. */
const unlink = (file: DeadSocketFile | null, { unlinked }: History): Decision | null =>
  file !== null && unlinked < MAX_UNLINKS ? { do: 'unlink', file } : null;

const knock = ({ canKnock, knocked }: History): Decision | null => (canKnock && !knocked ? { do: 'knock' } : null);

export function fallBack(given: Given): Decision | null {
  const port = nextPort(given);
  return port === null ? null : { do: 'fall-back', port };
}

/** The profile allows other ports, and every one of them was refused. */
export const fallbackIsSpent = (given: Given): boolean => allowsFallback(given) && nextPort(given) === null;

const allowsFallback = ({ policy }: Given): boolean =>
  policy.onConflict.includes('fallback') && policy.fallbackPorts !== null && !isSocket(policy.listen);

const isFallbackNext = (given: Given): boolean => {
  const { onConflict } = given.policy;
  return onConflict.indexOf('fallback') > onConflict.indexOf('wait') && nextPort(given) !== null;
};

function nextPort(given: Given): number | null {
  const { fallbackPorts, listen } = given.policy;
  if (!allowsFallback(given) || fallbackPorts === null || isSocket(listen)) return null;
  const tried = new Set([listen.port, ...given.history.triedFallbacks]);
  for (let port = fallbackPorts.first; port <= fallbackPorts.last; port += 1) if (!tried.has(port)) return port;
  return null;
}
