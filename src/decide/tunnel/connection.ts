import { type Problem, retryClassOf } from '../../model/problem.ts';
import type { Step, TryingState, Tunnel, TunnelEffect } from '../../model/tunnel.ts';
import { backoff, STABLE_MS } from '../backoff.ts';
import { leastWait } from '../lock-out.ts';
import { ask } from './asking.ts';
import { settle } from './forwards.ts';
import { block } from './give-back.ts';
import { type Given, idAt, indexes, linkedAtOf, type Outcome, replaceAt, tryingOf, unchanged } from './given.ts';

/** Begins a dial under a new epoch. */
export function connect(tunnel: Tunnel, given: Given, because: Problem | null): Outcome {
  const epoch = tunnel.epoch + 1;
  const state = tunnel.state;
  const attempt = ('attempt' in state ? state.attempt : 0) + 1;
  return {
    tunnel: { ...tunnel, epoch, state: trying(tunnel, given, { step: { at: 'dialing' }, attempt, because }) },
    effects: [{ do: 'connect', epoch }],
  };
}

/** Every hop is there: what listens on hops can be bound now. */
export function linked(blocked: Tunnel, given: Given): Outcome {
  const dialing = dialingOf(blocked);
  if (dialing === null) return unchanged(blocked);
  const tunnel = { ...blocked, state: dialing };
  const there = indexes(given.profile, false);
  const forwards = there.reduce((list, index) => replaceAt(list, index, { is: 'binding', since: given.now }), tunnel.forwards);
  const state = trying(tunnel, given, { step: { at: 'binding', linkedAt: given.now }, attempt: dialing.attempt, because: null });
  const effects: TunnelEffect[] = there.map((index) => ({ do: 'bind', age: tunnel.epoch, forward: idAt(tunnel, index) }));
  const outcome = settle({ ...tunnel, forwards, state }, given);
  return { tunnel: outcome.tunnel, effects: [...effects, ...idleOut(outcome.tunnel, given), ...outcome.effects] };
}

/** A dial did not get through. */
export function linkFailed(tunnel: Tunnel, given: Given, because: Problem): Outcome {
  const dialing = dialingOf(tunnel);
  if (dialing === null) return unchanged(tunnel);
  if (because.code === 'prompt-waiting') return ask(tunnel, given, { because, before: dialing, dial: 'over' });
  return retryClassOf(because) === 'person' ? block(tunnel, given, because) : waitForRetry({ ...tunnel, state: dialing }, given, because);
}

/** A connection that was there is gone. */
export function linkLost(tunnel: Tunnel, given: Given, because: Problem): Outcome {
  const linkedAt = linkedAtOf(tunnel);
  if (linkedAt === null || !('attempt' in tunnel.state)) return unchanged(tunnel);
  const forget: TunnelEffect = { do: 'forget', epoch: tunnel.epoch };
  const lost = { ...tunnel, forwards: withoutHops(tunnel, given, because) };
  if (given.profile.idleMs !== null && !tunnel.busy) {
    return { tunnel: { ...lost, epoch: tunnel.epoch + 1, state: { is: 'idle', since: given.now } }, effects: [forget] };
  }
  const stable = given.now - linkedAt >= STABLE_MS;
  const counted = { ...lost, reconnects: tunnel.reconnects + 1 };
  const fresh = stable ? reset(counted, given) : counted;
  // The first dial after a loss goes out at once. Only a stable connection resets the count, so flapping is not hammering.
  const next = stable || tunnel.state.attempt <= 1 ? connect(fresh, given, because) : waitForRetry(counted, given, because);
  return { tunnel: next.tunnel, effects: [forget, ...next.effects] };
}

/** The wait is over, or somebody asks to try now. */
export function retryNow(tunnel: Tunnel, given: Given): Outcome {
  if (stepOf(tunnel)?.at !== 'waiting') return unchanged(tunnel);
  return connect(tunnel, given, 'because' in tunnel.state ? tunnel.state.because : null);
}

/** The dial that asked a person is over, and it is worth beginning the next: the question is answered, or somebody asks to try now. */
export function dialAgain(tunnel: Tunnel, given: Given): Outcome {
  const { state } = tunnel;
  if (state.is !== 'blocked' || state.asks?.dial !== 'over') return unchanged(tunnel);
  const { before } = state.asks;
  return connect({ ...tunnel, state: before }, given, before.because);
}

/** Nobody has used an idle tunnel for its idle time. */
export function idledOut(tunnel: Tunnel, given: Given): Outcome {
  if (given.profile.idleMs === null || tunnel.busy || linkedAtOf(tunnel) === null) return unchanged(tunnel);
  return {
    tunnel: { ...tunnel, epoch: tunnel.epoch + 1, forwards: withoutHops(tunnel, given, null), state: { is: 'idle', since: given.now } },
    effects: [{ do: 'disconnect', epoch: tunnel.epoch }],
  };
}

export function idleOut(tunnel: Tunnel, given: Given): TunnelEffect[] {
  if (given.profile.idleMs === null || tunnel.busy || linkedAtOf(tunnel) === null) return [];
  return [{ do: 'wake', at: given.now + given.profile.idleMs, age: tunnel.epoch, timer: { for: 'idle-out' } }];
}

/** A dial that is under way, also while it asks a person. */
function dialingOf(tunnel: Tunnel): TryingState | null {
  const trying = tryingOf(tunnel);
  return trying?.step.at === 'dialing' ? trying : null;
}

const stepOf = ({ state }: Tunnel): Step | null => ('step' in state ? state.step : null);

/** The epoch ends with the try, so that nothing it may still say is heard. */
function waitForRetry(tunnel: Tunnel, given: Given, because: Problem): Outcome {
  const attempt = 'attempt' in tunnel.state ? tunnel.state.attempt : 1;
  const retryAt = given.now + backoff({ retry: retryClassOf(because), attempt, jitter: given.jitter, leastMs: leastWait(because) });
  const epoch = tunnel.epoch + 1;
  return {
    tunnel: { ...tunnel, epoch, state: trying(tunnel, given, { step: { at: 'waiting', retryAt }, attempt, because }) },
    effects: [{ do: 'wake', at: retryAt, age: epoch, timer: { for: 'retry' } }],
  };
}

function trying(tunnel: Tunnel, given: Given, how: { step: Step; attempt: number; because: Problem | null }): Tunnel['state'] {
  const { state } = tunnel;
  const wasUp = state.is === 'up' || state.is === 'degraded' || state.is === 'reconnecting';
  const since = state.is === 'connecting' || state.is === 'reconnecting' ? state.since : given.now;
  return { is: wasUp ? 'reconnecting' : 'connecting', since, ...how };
}

const reset = (tunnel: Tunnel, given: Given): Tunnel => ({
  ...tunnel,
  state: { is: 'reconnecting', since: given.now, step: { at: 'dialing' }, attempt: 0, because: null },
});

export const withoutHops = (tunnel: Tunnel, given: Given, because: Problem | null): Tunnel['forwards'] =>
  indexes(given.profile, false).reduce((list, index) => replaceAt(list, index, { is: 'down', since: given.now, because }), tunnel.forwards);
