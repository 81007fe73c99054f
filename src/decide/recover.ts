import type { BindingVerdict, NotAllowed } from '../model/binding.ts';
import type { Decision, History, Policy } from './recovery.ts';
import { forbiddenProblem, heldProblem, liveProblem, noFallbackProblem, notFreedProblem, sourcePortProblem } from './recovery-problem.ts';
import {
  bindAgain,
  climb,
  evict,
  fallBack,
  fallbackIsSpent,
  SOURCE_PORT_RUNGS,
  STALE_RUNGS,
  UNKNOWN_RUNGS,
  type Given,
} from './recovery-rungs.ts';

export type { Decision, History, Policy };

/**
 * Milliseconds until the next of the three quick retries that come before any diagnosis, null after them; `refusals`
 * counts from 1. A session that ends in good order frees its port some milliseconds after a new one may ask for it.
 */
export const retryBeforeDiagnosis = (refusals: number): number | null => [5, 20, 50][refusals - 1] ?? null;

/**
 * What to do about a refused binding. Pure and total. Of one episode's decisions at most ten are steps to take at
 * once (`bind-again`, `knock`, `evict`, `unlink`); then it is waiting, another port, or asking.
 */
export function recover(verdict: BindingVerdict, policy: Policy, history: History): Decision {
  const given = { policy, history };
  switch (verdict.is) {
    case 'free':
      return recoverFree(given);
    case 'ours-stale':
      return climb(STALE_RUNGS, { ...given, verdict }) ?? giveUp(given, { whose: 'ours', pid: verdict.session?.pid ?? null });
    case 'cannot-tell':
      return climb(UNKNOWN_RUNGS, { ...given, verdict }) ?? giveUp(given, { whose: 'unknown', pid: null });
    case 'ours-live':
      return recoverLive(verdict, given);
    case 'someone-else':
      return recoverHeld(verdict, given);
    case 'not-allowed':
      return recoverForbidden(verdict, given);
  }
}

type Of<Word extends BindingVerdict['is']> = Extract<BindingVerdict, { is: Word }>;

/** Refused, and yet nobody listens: it came free since, or an outgoing connection has the port for up to a minute. */
function recoverFree(given: Given): Decision {
  const { policy, history } = given;
  return (
    bindAgain([5, 20, 50, 250], history) ??
    climb(SOURCE_PORT_RUNGS, given) ?? {
      do: 'ask',
      problem: fallbackIsSpent(given) ? noFallbackProblem(policy, null) : sourcePortProblem(policy, null),
    }
  );
}

/** Nothing that lives is ended, unless the user said so and the session is proven to be theirs. */
function recoverLive(verdict: Of<'ours-live'>, { policy, history }: Given): Decision {
  const session = verdict.where === 'elsewhere' && policy.takeOver ? verdict.takeOver : null;
  return evict(session, history) ?? { do: 'ask', problem: liveProblem(verdict, policy) };
}

function recoverHeld({ holder }: Of<'someone-else'>, given: Given): Decision {
  const { policy, history } = given;
  // What only a probe called live may just have been ended by that probe.
  const again = holder.kind === 'live-session' ? bindAgain([5], history) : null;
  const problem = fallbackIsSpent(given) ? noFallbackProblem(policy, holder) : heldProblem(policy, holder);
  return again ?? fallBack(given) ?? { do: 'ask', problem };
}

/** Where another port at the same address may be allowed. */
const ANOTHER_PORT_MAY: readonly NotAllowed[] = ['server-list', 'key-list', 'privileged-port'];

function recoverForbidden(verdict: Of<'not-allowed'>, given: Given): Decision {
  const elsewhere = ANOTHER_PORT_MAY.includes(verdict.why) ? fallBack(given) : null;
  return elsewhere ?? { do: 'ask', problem: forbiddenProblem(given.policy, verdict) };
}

function giveUp(given: Given, holder: { readonly whose: 'ours' | 'unknown'; readonly pid: number | null }): Decision {
  const { policy, history } = given;
  const waited = policy.onConflict.includes('wait');
  const problem =
    fallbackIsSpent(given) && !waited ? noFallbackProblem(policy, null) : notFreedProblem(policy, { ...holder, waitedMs: history.sinceMs });
  return { do: 'ask', problem };
}
