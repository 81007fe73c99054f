import type { Profile } from '../../model/profile.ts';
import type { Tunnel, TunnelEffect } from '../../model/tunnel.ts';
import { connect, dialAgain, idleOut, retryNow } from './connection.ts';
import { bindNow } from './forwards.ts';
import { giveBack } from './give-back.ts';
import { type Given, idAt, indexes, type Outcome, replaceAt, unchanged } from './given.ts';

export function askedUp(tunnel: Tunnel, given: Given): Outcome {
  const { state } = tunnel;
  if (state.is === 'blocked' && state.asks === null) return close(tunnel, given, 'then-up');
  if (state.is === 'down') {
    return state.closing === null ? start(tunnel, given) : unchanged({ ...tunnel, state: { ...state, closing: 'then-up' } });
  }
  const retried = state.is === 'blocked' ? dialAgain(tunnel, given) : retryNow(tunnel, given);
  const bound = bindNow(retried.tunnel, given);
  return { tunnel: bound.tunnel, effects: [...retried.effects, ...bound.effects] };
}

/** Whether a dial begins where somebody asks for the tunnel to be up. */
export const dialsWhenAsked = (tunnel: Tunnel, profile: Profile): boolean =>
  askedUp(tunnel, { profile, now: 0, jitter: 0 }).effects.some((effect) => effect.do === 'connect');

export function askedDown(tunnel: Tunnel, given: Given): Outcome {
  const { state } = tunnel;
  if (state.is !== 'down') return close(tunnel, given, 'then-down');
  return state.closing === null ? unchanged(tunnel) : unchanged({ ...tunnel, state: { ...state, closing: 'then-down' } });
}

export function askedRestart(tunnel: Tunnel, given: Given): Outcome {
  return tunnel.state.is === 'down' ? askedUp(tunnel, given) : close(tunnel, given, 'then-up');
}

export function closed(tunnel: Tunnel, given: Given, run: number): Outcome {
  const { state } = tunnel;
  if (state.is !== 'down' || run !== tunnel.run) return unchanged(tunnel);
  if (state.closing === 'then-up') return start(tunnel, given);
  return unchanged({ ...tunnel, state: { ...state, closing: null } });
}

export function used(tunnel: Tunnel, given: Given): Outcome {
  const busy = { ...tunnel, busy: true };
  if (tunnel.state.is !== 'idle') return unchanged(busy);
  return connect(busy, given, null);
}

export function unused(tunnel: Tunnel, given: Given): Outcome {
  const quiet = { ...tunnel, busy: false };
  return { tunnel: quiet, effects: idleOut(quiet, given) };
}

/** Listens here at once, also while the link is being made: a clash shows early and first users are held, not refused. */
function start(tunnel: Tunnel, given: Given): Outcome {
  const run = tunnel.run + 1;
  const here = indexes(given.profile, true);
  const forwards = here.reduce((list, index) => replaceAt(list, index, { is: 'binding', since: given.now }), tunnel.forwards);
  const listening: TunnelEffect[] = here.map((index) => ({ do: 'bind', age: run, forward: idAt(tunnel, index) }));
  const started: Tunnel = { ...tunnel, run, forwards, state: { is: 'idle', since: given.now }, busy: false };
  if (given.profile.idleMs !== null) return { tunnel: started, effects: listening };
  const connecting = connect(started, given, null);
  return { tunnel: connecting.tunnel, effects: [...listening, ...connecting.effects] };
}

/** Gives everything back, and says what comes after. */
export function close(tunnel: Tunnel, given: Given, closing: 'then-down' | 'then-up'): Outcome {
  const givenBack = giveBack(tunnel, given, null);
  return { ...givenBack, tunnel: { ...givenBack.tunnel, state: { is: 'down', since: given.now, closing } } };
}
