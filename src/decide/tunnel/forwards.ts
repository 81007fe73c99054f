import type { Address } from '../../model/address.ts';
import { type Problem, retryClassOf } from '../../model/problem.ts';
import type { ForwardState, Tunnel, TunnelEffect } from '../../model/tunnel.ts';
import { backoff } from '../backoff.ts';
import { block } from './give-back.ts';
import { type Given, idAt, indexOf, linkedAtOf, listensHere, type Outcome, replaceAt, unchanged } from './given.ts';

type Report = { readonly age: number; readonly forward: number };

export function bound(tunnel: Tunnel, given: Given, report: Report & { readonly listen: Address }): Outcome {
  if (!isAwaited(tunnel, given, report)) return unchanged(tunnel);
  return settle(withForward(tunnel, report.forward, { is: 'listening', since: given.now, listen: report.listen }), given);
}

/** A refusal whose cause is being looked for: the try is still under way, and the user sees why it takes longer. */
export function bindTrouble(tunnel: Tunnel, given: Given, report: Report & { readonly problem: Problem }): Outcome {
  if (!isAwaited(tunnel, given, report)) return unchanged(tunnel);
  const before = stateOf(tunnel, report.forward);
  const known = before?.is === 'recovering' ? { since: before.since, tries: before.tries } : { since: given.now, tries: 0 };
  return settle(withForward(tunnel, report.forward, { is: 'recovering', ...known, because: report.problem, retryAt: null }), given);
}

type Failure = Report & { readonly problem: Problem; readonly retryAfterMs: number | null };

export function bindFailed(tunnel: Tunnel, given: Given, report: Failure): Outcome {
  if (!isAwaited(tunnel, given, report)) return unchanged(tunnel);
  const { problem, forward, age } = report;
  const before = stateOf(tunnel, forward);
  const retry = retryClassOf(problem);
  if (retry === 'person') return settle(withForward(tunnel, forward, { is: 'blocked', since: given.now, because: problem }), given);
  const tries = (before?.is === 'recovering' ? before.tries : 0) + 1;
  const since = before?.is === 'recovering' ? before.since : given.now;
  const retryAt = given.now + (report.retryAfterMs ?? backoff({ retry, attempt: tries, jitter: given.jitter }));
  const settled = settle(withForward(tunnel, forward, { is: 'recovering', since, because: problem, tries, retryAt }), given);
  return { ...settled, effects: [...settled.effects, { do: 'wake', at: retryAt, age, timer: { for: 'bind', forward } }] };
}

/** The next try of a refused binding, on the same authenticated connection. */
export function bindAgain(tunnel: Tunnel, given: Given, report: Report): Outcome {
  const state = stateOf(tunnel, report.forward);
  if (state?.is !== 'recovering' || state.retryAt === null || report.age !== ageOf(tunnel, given, report.forward)) return unchanged(tunnel);
  return {
    tunnel: withForward(tunnel, report.forward, { ...state, retryAt: null }),
    effects: [{ do: 'bind', age: report.age, forward: report.forward }],
  };
}

/** Somebody asks to try now: what waits, and what only a person leads out of, is asked for again. */
export function bindNow(tunnel: Tunnel, given: Given): Outcome {
  const now = { tunnel, effects: [] as TunnelEffect[] };
  tunnel.forwards.forEach((state, index) => {
    const forward = idAt(tunnel, index);
    const age = ageOf(tunnel, given, forward);
    const waits = state.is === 'blocked' || (state.is === 'recovering' && state.retryAt !== null);
    if (!waits || age === null) return;
    const next: ForwardState = state.is === 'blocked' ? { is: 'binding', since: given.now } : { ...state, retryAt: null };
    now.tunnel = withForward(now.tunnel, forward, next);
    now.effects.push({ do: 'bind', age, forward });
  });
  return now;
}

/** Once the link is there and no binding is under way, the forwards decide between up, degraded and blocked. */
export function settle(tunnel: Tunnel, given: Given): Outcome {
  const linkedAt = linkedAtOf(tunnel);
  if (linkedAt === null || !('attempt' in tunnel.state)) return unchanged(tunnel);
  const { attempt } = tunnel.state;
  const missing = tunnel.forwards.find((forward) => forward.is !== 'listening');
  if (missing === undefined) {
    if (tunnel.state.is === 'up') return unchanged(tunnel);
    const upSince = tunnel.state.is === 'degraded' ? tunnel.state.upSince : null;
    return as(tunnel, { is: 'up', since: upSince ?? given.now, linkedAt, attempt });
  }
  const trouble = tunnel.forwards.find((forward) => forward.is === 'recovering' || forward.is === 'blocked');
  const underWay = tunnel.forwards.some((forward) => forward.is === 'binding');
  if (trouble === undefined || (underWay && tunnel.state.is !== 'up' && tunnel.state.is !== 'degraded')) return unchanged(tunnel);
  if (tunnel.forwards.every((forward) => forward.is === 'blocked')) return block(tunnel, given, trouble.because);
  const since = tunnel.state.is === 'degraded' ? tunnel.state.since : given.now;
  return as(tunnel, { is: 'degraded', since, linkedAt, attempt, because: trouble.because, upSince: null });
}

const as = (tunnel: Tunnel, state: Tunnel['state']): Outcome => unchanged({ ...tunnel, state });

const stateOf = (tunnel: Tunnel, id: number): ForwardState | undefined => tunnel.forwards[indexOf(tunnel, id)];

const withForward = (tunnel: Tunnel, id: number, state: ForwardState): Tunnel => ({
  ...tunnel,
  forwards: replaceAt(tunnel.forwards, indexOf(tunnel, id), state),
});

function ageOf(tunnel: Tunnel, given: Given, id: number): number | null {
  const forward = given.profile.forwards[indexOf(tunnel, id)];
  if (forward === undefined) return null;
  return listensHere(forward) ? tunnel.run : tunnel.epoch;
}

/** Whether a report is of this age and of a try that is under way. */
function isAwaited(tunnel: Tunnel, given: Given, report: Report): boolean {
  const state = stateOf(tunnel, report.forward);
  const open = state?.is === 'binding' || (state?.is === 'recovering' && state.retryAt === null);
  return open && report.age === ageOf(tunnel, given, report.forward);
}
