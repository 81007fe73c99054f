import type { Profile } from '../../model/profile.ts';
import type { ForwardState, Tunnel, TunnelEffect } from '../../model/tunnel.ts';
import { close } from './asked.ts';
import { connect, idleOut, withoutHops } from './connection.ts';
import { settle } from './forwards.ts';
import { type Given, idAt, indexes, linkedAtOf, type Outcome, replaceAt, unchanged } from './given.ts';
import { type ChangePlan, planChange, touches } from './plan-change.ts';

/**
 * The profile is another one from now on, `given.profile`. What both have alike goes on: nothing is asked of a forward that
 * is kept, and of what listens here not even where the connection is made anew.
 */
export function changed(tunnel: Tunnel, given: Given, before: Profile): Outcome {
  const plan = planChange(before, given.profile);
  const next = withForwards(tunnel, given, plan);
  const { state } = next;
  if (state.is === 'down') return unchanged(next);
  // Everything was given back. A person has changed what it was blocked by, or may have.
  if (state.is === 'blocked' && state.asks === null) return touches(plan) ? close(next, given, 'then-up') : unchanged(next);
  const gone = plan.forwards.flatMap((change) => ('from' in change && change.is !== 'kept' ? [idAt(tunnel, change.from)] : []));
  const unbinding: TunnelEffect[] = gone.length === 0 ? [] : [{ do: 'unbind', forwards: gone }];
  const linked = plan.hops === 'changed' ? connectAnew(next, given) : keepConnection(next, given, before);
  const bound = bindFresh(linked.tunnel, given, plan);
  return { tunnel: bound.tunnel, effects: [...unbinding, ...linked.effects, ...bound.effects] };
}

/** The forwards as the profile has them now: those that are kept as they were, the others new. */
function withForwards(tunnel: Tunnel, given: Given, { forwards }: ChangePlan): Tunnel {
  const fresh: ForwardState = { is: 'down', since: given.now, because: null };
  let { issued } = tunnel;
  const lineUp = given.profile.forwards.map((_, index) => {
    const kept = forwards.find((change) => change.is === 'kept' && change.to === index);
    const from = kept !== undefined && 'from' in kept ? kept.from : -1;
    return { id: tunnel.ids[from] ?? issued++, state: tunnel.forwards[from] ?? fresh };
  });
  return { ...tunnel, issued, ids: lineUp.map(({ id }) => id), forwards: lineUp.map(({ state }) => state) };
}

/** What listens here waits for the new connection as it does for one that was lost. */
function connectAnew(tunnel: Tunnel, given: Given): Outcome {
  const { state } = tunnel;
  if (state.is === 'idle') return keepConnection(tunnel, given, given.profile);
  const leave: TunnelEffect = { do: 'disconnect', epoch: tunnel.epoch };
  const left: Tunnel = { ...tunnel, forwards: withoutHops(tunnel, given, null) };
  if (given.profile.idleMs !== null && !tunnel.busy) {
    return { tunnel: { ...left, epoch: tunnel.epoch + 1, state: { is: 'idle', since: given.now } }, effects: [leave] };
  }
  const asked = state.is === 'blocked' && state.asks !== null ? state.asks.before : state;
  // Another server has not been asked yet, so there is nothing to be patient about.
  const dialled = connect({ ...left, state: 'attempt' in asked ? { ...asked, attempt: 0 } : asked }, given, null);
  return { tunnel: dialled.tunnel, effects: [leave, ...dialled.effects] };
}

/** Only when the connection is given back, or made, may have changed. */
function keepConnection(tunnel: Tunnel, given: Given, before: Profile): Outcome {
  if (tunnel.state.is === 'idle' && given.profile.idleMs === null) return connect(tunnel, given, null);
  return { tunnel, effects: before.idleMs === given.profile.idleMs ? [] : idleOut(tunnel, given) };
}

function bindFresh(tunnel: Tunnel, given: Given, { forwards }: ChangePlan): Outcome {
  const here = new Set(indexes(given.profile, true));
  const linkedAt = linkedAtOf(tunnel);
  const fresh = forwards.flatMap((change) => ('to' in change && change.is !== 'kept' ? [change.to] : []));
  const now = fresh.filter((index) => here.has(index) || linkedAt !== null);
  const states = now.reduce((list, index) => replaceAt(list, index, { is: 'binding', since: given.now }), tunnel.forwards);
  const effects: TunnelEffect[] = now.map((index) => ({
    do: 'bind',
    age: here.has(index) ? tunnel.run : tunnel.epoch,
    forward: idAt(tunnel, index),
  }));
  const settled = settle(notWhole({ ...tunnel, forwards: states }, given), given);
  return { tunnel: settled.tunnel, effects: [...effects, ...settled.effects] };
}

/** A tunnel that is up has all its forwards, so it is not for the moment; nothing that it had is gone, though. */
function notWhole(tunnel: Tunnel, given: Given): Tunnel {
  const { state, forwards } = tunnel;
  if ((state.is !== 'up' && state.is !== 'degraded') || forwards.every(({ is }) => is === 'listening')) return tunnel;
  const trouble = forwards.find((forward) => forward.is === 'recovering' || forward.is === 'blocked');
  const { linkedAt, attempt } = state;
  const [since, upSince] = state.is === 'degraded' ? [state.since, state.upSince] : [given.now, state.since];
  return { ...tunnel, state: { is: 'degraded', since, linkedAt, attempt, because: trouble?.because ?? null, upSince } };
}
