import type { Problem } from '../../model/problem.ts';
import type { Tunnel } from '../../model/tunnel.ts';
import type { Given, Outcome } from './given.ts';

/** Only a person leads out of it, so nothing is kept that somebody could wait for in vain. */
export function block(tunnel: Tunnel, given: Given, because: Problem): Outcome {
  const givenBack = giveBack(tunnel, given, because);
  return { ...givenBack, tunnel: { ...givenBack.tunnel, state: { is: 'blocked', since: given.now, because, asks: null } } };
}

/** Ends run and epoch, so that nothing under way is heard any more, and gives every binding and connection back. */
export function giveBack(tunnel: Tunnel, given: Given, because: Problem | null): Outcome {
  const run = tunnel.run + 1;
  const forwards = tunnel.forwards.map(() => ({ is: 'down', since: given.now, because }) as const);
  return { tunnel: { ...tunnel, run, epoch: tunnel.epoch + 1, forwards, busy: false }, effects: [{ do: 'close', run }] };
}
