import type { Profile } from '../../model/profile.ts';
import { assertNever } from '../../model/result.ts';
import type { Timer, Tunnel, TunnelEvent } from '../../model/tunnel.ts';
import { askedDown, askedRestart, askedUp, closed, unused, used } from './asked.ts';
import { declined, isParkedOn, personNeeded } from './asking.ts';
import { changed } from './changed.ts';
import { dialAgain, idledOut, linked, linkFailed, linkLost, retryNow } from './connection.ts';
import { bindAgain, bindFailed, bindTrouble, bound } from './forwards.ts';
import { type Given, type Outcome, unchanged } from './given.ts';

/** A tunnel that nobody has asked for yet. */
export const newTunnel = (profile: Profile, now: number): Tunnel => ({
  state: { is: 'down', since: now, closing: null },
  forwards: profile.forwards.map(() => ({ is: 'down', since: now, because: null })),
  ids: profile.forwards.map((_, index) => index),
  issued: profile.forwards.length,
  run: 0,
  epoch: 0,
  reconnects: 0,
  busy: false,
});

/**
 * What a tunnel becomes by an event, and what is to be done about it. Total: every event has an
 * answer in every state, and an event of an old run or epoch changes nothing.
 */
export function transition(tunnel: Tunnel, event: TunnelEvent, given: Given): Outcome {
  switch (event.type) {
    case 'asked-up':
      return askedUp(tunnel, given);
    case 'asked-down':
      return askedDown(tunnel, given);
    case 'asked-restart':
      return askedRestart(tunnel, given);
    case 'changed':
      return changed(tunnel, given, event.before);
    case 'used':
      return used(tunnel, given);
    case 'unused':
      return unused(tunnel, given);
    case 'linked':
      return event.epoch === tunnel.epoch ? linked(tunnel, given) : unchanged(tunnel);
    case 'link-failed':
      return event.epoch === tunnel.epoch ? linkFailed(tunnel, given, event.problem) : unchanged(tunnel);
    case 'link-lost':
      return event.epoch === tunnel.epoch ? linkLost(tunnel, given, event.problem) : unchanged(tunnel);
    case 'person-needed':
      return event.epoch === tunnel.epoch ? personNeeded(tunnel, given, event.problem) : unchanged(tunnel);
    case 'prompt-settled':
      return promptSettled(tunnel, given, event);
    case 'bound':
      return bound(tunnel, given, event);
    case 'bind-failed':
      return bindFailed(tunnel, given, event);
    case 'bind-trouble':
      return bindTrouble(tunnel, given, event);
    case 'closed':
      return closed(tunnel, given, event.run);
    case 'woke':
      return woke(tunnel, given, event);
    default:
      return assertNever(event);
  }
}

type Settled = Extract<TunnelEvent, { readonly type: 'prompt-settled' }>;

function promptSettled(tunnel: Tunnel, given: Given, { prompt, how }: Settled): Outcome {
  if (!isParkedOn(tunnel, prompt)) return unchanged(tunnel);
  return how === 'answered' ? dialAgain(tunnel, given) : declined(tunnel, given, prompt);
}

function woke(tunnel: Tunnel, given: Given, event: { readonly age: number; readonly timer: Timer }): Outcome {
  switch (event.timer.for) {
    case 'retry':
      return event.age === tunnel.epoch ? retryNow(tunnel, given) : unchanged(tunnel);
    case 'idle-out':
      return event.age === tunnel.epoch ? idledOut(tunnel, given) : unchanged(tunnel);
    case 'bind':
      return bindAgain(tunnel, given, { age: event.age, forward: event.timer.forward });
    default:
      return assertNever(event.timer);
  }
}
