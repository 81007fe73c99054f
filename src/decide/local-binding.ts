import { isSocket, printAddress, type Address } from '../model/address.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Forward, PortRange } from '../model/profile.ts';
import { BLIND_WAIT_MS, SOURCE_PORT_MS } from './recovery-wait.ts';

/** Who keeps us from listening on this machine. */
export type LocalHolder =
  /** Another tunnel of this supervisor. */
  | { readonly is: 'tunnel'; readonly tunnel: string }
  | { readonly is: 'program'; readonly words: string }
  /** Nobody listens: an outgoing connection has the port, and keeps it for a minute after its end (TIME_WAIT). */
  | { readonly is: 'source-port'; readonly by: string | null; readonly to: string | null };

export type LocalPolicy = Pick<Forward, 'listen' | 'onConflict' | 'fallbackPorts' | 'giveUpAfterMs'>;

/** Of this episode, which began with the first refusal. `triedFallbacks`: refused in this very try. */
export type LocalHistory = { readonly sinceMs: number; readonly tries: number; readonly triedFallbacks: readonly number[] };

export type LocalDecision =
  | { readonly do: 'wait'; readonly retryAfterMs: number; readonly problem: Problem }
  | { readonly do: 'fall-back'; readonly port: number }
  | { readonly do: 'ask'; readonly problem: Problem };

type Given = { readonly holder: LocalHolder; readonly policy: LocalPolicy; readonly history: LocalHistory };

/**
 * What to do about a binding on this machine that somebody else has. Pure and total. Nothing is ever ended here, so
 * `reclaim` has nothing to do (a dead socket file of ours is taken over by binding). Without `wait` and `fallback` in
 * the profile it is waited for all the same: the holder may leave, and asking again costs nobody anything.
 */
export function decideLocal(holder: LocalHolder, policy: LocalPolicy, history: LocalHistory): LocalDecision {
  const given = { holder, policy, history };
  const steps = policy.onConflict.filter((step) => step !== 'reclaim');
  for (const step of steps.length === 0 ? (['wait'] as const) : steps) {
    const decision = step === 'wait' ? waitFor(given) : fallBack(given);
    if (decision !== null) return decision;
  }
  return { do: 'ask', problem: lastProblem(given) };
}

/** `your own tunnel db`, `pid 12 (postgres)`. */
export function localHolderWords(holder: LocalHolder): string {
  if (holder.is === 'tunnel') return `your own tunnel ${holder.tunnel}`;
  if (holder.is === 'program') return holder.words;
  return `an outgoing connection${holder.to === null ? '' : ` to ${holder.to}`}${holder.by === null ? '' : ` of ${holder.by}`}`;
}

/** The listening port is one of those that outgoing connections are given. A port that the kernel chose was asked for like that. */
export function ephemeralProblem({ asked, bound, range }: { asked: Address; bound: Address; range: PortRange | null }): Problem | null {
  if (range === null || isSocket(asked) || isSocket(bound) || asked.port === 0) return null;
  const { port } = bound;
  const inside = port >= range.first && port <= range.last;
  return inside ? problem('binding-ephemeral', { listen: printAddress(bound), port, ...range }) : null;
}

function waitFor(given: Given): LocalDecision | null {
  const { sinceMs, tries } = given.history;
  const leftMs = waitMs(given) - sinceMs;
  return leftMs <= 0 ? null : { do: 'wait', retryAfterMs: Math.min(paceMs(tries), leftMs), problem: waitProblem(given, leftMs) };
}

/** As long as the profile says, or, where another port comes next, as long as a refusal that passes may last. */
function waitMs(given: Given): number {
  const { holder, policy } = given;
  if (policy.giveUpAfterMs !== null) return policy.giveUpAfterMs;
  if (!isFallbackNext(given)) return Infinity;
  return holder.is === 'source-port' ? SOURCE_PORT_MS : BLIND_WAIT_MS;
}

/** Binding on the own machine costs next to nothing, so it is asked for more often than on a server. */
const paceMs = (tries: number): number => Math.min(2_000, 250 * 2 ** Math.min(tries, 10));

function waitProblem(given: Given, leftMs: number): Problem {
  const { holder, policy } = given;
  const listen = printAddress(policy.listen);
  if (holder.is === 'source-port') return problem('binding-own-source-port', { listen, by: holder.by, to: holder.to });
  if (policy.fallbackPorts === null || !isFallbackNext(given)) return heldProblem(given);
  return problem('binding-awaited', { listen, holder: localHolderWords(holder), ...policy.fallbackPorts, leftMs });
}

const heldProblem = ({ holder, policy }: Given): Problem =>
  problem('binding-held', {
    listen: printAddress(policy.listen),
    on: 'this machine',
    holder: localHolderWords(holder),
    ...(holder.is === 'tunnel' && { tunnel: holder.tunnel }),
  });

function lastProblem({ holder, policy, history }: Given): Problem {
  const { listen, fallbackPorts } = policy;
  const words = localHolderWords(holder);
  if (!policy.onConflict.includes('fallback') || fallbackPorts === null || isSocket(listen)) {
    return problem('binding-given-up', { listen: printAddress(listen), holder: words, waitedMs: history.sinceMs });
  }
  return problem('no-fallback-left', {
    listen: printAddress(listen),
    on: 'this machine',
    port: listen.port,
    ...fallbackPorts,
    holder: words,
  });
}

function fallBack(given: Given): LocalDecision | null {
  const port = nextPort(given);
  return port === null ? null : { do: 'fall-back', port };
}

const isFallbackNext = (given: Given): boolean => {
  const { onConflict } = given.policy;
  return onConflict.indexOf('fallback') > onConflict.indexOf('wait') && nextPort(given) !== null;
};

function nextPort({ policy, history }: Given): number | null {
  const { listen, fallbackPorts, onConflict } = policy;
  if (!onConflict.includes('fallback') || fallbackPorts === null || isSocket(listen)) return null;
  const tried = new Set([listen.port, ...history.triedFallbacks]);
  for (let port = fallbackPorts.first; port <= fallbackPorts.last; port += 1) if (!tried.has(port)) return port;
  return null;
}
