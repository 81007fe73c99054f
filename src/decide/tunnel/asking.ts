import type { Problem } from '../../model/problem.ts';
import type { Asks, TryingState, Tunnel } from '../../model/tunnel.ts';
import { block } from './give-back.ts';
import { type Given, type Outcome, tryingOf, unchanged } from './given.ts';

type Prompting = Extract<Problem, { readonly code: 'prompt-waiting' }>;
type Question = { readonly because: Prompting; readonly before: TryingState; readonly dial: Asks['dial'] };

/** Waits for a person. What listens here goes on, and so does the dial as long as the server lets it. */
export function ask(tunnel: Tunnel, given: Given, { because, before, dial }: Question): Outcome {
  const { state } = tunnel;
  const prompt = because.facts.id;
  const since = state.is === 'blocked' && state.asks?.prompt === prompt ? state.since : given.now;
  // The epoch ends with the dial, so that nothing it may still say is heard.
  const epoch = dial === 'over' ? tunnel.epoch + 1 : tunnel.epoch;
  return unchanged({ ...tunnel, epoch, state: { is: 'blocked', since, because, asks: { prompt, dial, before } } });
}

/** What the dial under way needs of a person now: an answer stops it, a touch is only told of. */
export function personNeeded(tunnel: Tunnel, given: Given, needed: Problem | null): Outcome {
  const before = tryingOf(tunnel);
  if (before === null || before.step.at !== 'dialing') return unchanged(tunnel);
  if (needed?.code === 'prompt-waiting') return ask(tunnel, given, { because: needed, before, dial: 'under-way' });
  const because = needed ?? (before.because?.code === 'touch-needed' ? null : before.because);
  return unchanged(tunnel.state === before && because === before.because ? tunnel : { ...tunnel, state: { ...before, because } });
}

/** No is as final as the server's own: nothing is tried again before a person asks for it. */
export function declined(tunnel: Tunnel, given: Given, prompt: string): Outcome {
  if (!isParkedOn(tunnel, prompt) || tunnel.state.is !== 'blocked' || tunnel.state.because.code !== 'prompt-waiting')
    return unchanged(tunnel);
  return block(tunnel, given, { code: 'prompt-declined', facts: { what: tunnel.state.because.facts.what } });
}

/** Whether the dial that asked this is over; one that is under way hears the answer itself. */
export const isParkedOn = ({ state }: Tunnel, prompt: string): boolean =>
  state.is === 'blocked' && state.asks?.prompt === prompt && state.asks.dial === 'over';
