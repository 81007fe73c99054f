import { printAddress } from '../../model/address.ts';
import { type Problem, wordsOf } from '../../model/problem.ts';
import type { Profile } from '../../model/profile.ts';
import type { ForwardState, Tunnel } from '../../model/tunnel.ts';
import type { Log } from '../log.ts';
import type { Waits } from '../prompts/book.ts';

type Change = { readonly profile: Profile; readonly before: Tunnel; readonly after: Tunnel; readonly log: Log };

/** Writes each change of state to the log, once, with its reason. */
export function tell({ profile, before, after, log }: Change): void {
  const tunnel = profile.name;
  if (after.state.is !== before.state.is || problemIn(after) !== problemIn(before)) {
    const because = problemIn(after);
    const level = after.state.is === 'blocked' && after.state.asks === null ? 'error' : because === null ? 'info' : 'warn';
    log[level](after.state.is, { tunnel, text: sentence(`${before.state.is} → ${after.state.is}`, because, tunnel) });
  }
  after.forwards.forEach((state, index) => {
    const old = before.forwards[before.ids.indexOf(after.ids[index] ?? -1)];
    const name = profile.forwards[index]?.name ?? String(index);
    if (old === undefined || state.is === old.is || state.is === 'binding') return;
    tellForward({ tunnel, name, state, log });
  });
}

/** Says which question is waited for, when that has changed. */
export function tellWaits(before: Tunnel, after: Tunnel, hear: (waits: Waits | null) => void): void {
  const [old, now] = [waitsOf(before), waitsOf(after)];
  if (old?.prompt !== now?.prompt || old?.parked !== now?.parked) hear(now);
}

function waitsOf({ state }: Tunnel): Waits | null {
  if (state.is !== 'blocked' || state.asks === null) return null;
  return { prompt: state.asks.prompt, parked: state.asks.dial === 'over' };
}

function tellForward({ tunnel, name, state, log }: { tunnel: string; name: string; state: ForwardState; log: Log }): void {
  if (state.is === 'listening') return log.info('bound', { tunnel, text: `${name} listens on ${printAddress(state.listen)}` });
  const because = 'because' in state ? state.because : null;
  const level = state.is === 'down' ? 'debug' : state.is === 'blocked' ? 'error' : 'warn';
  log[level](because?.code ?? 'forward-down', { tunnel, text: sentence(`${name}: ${state.is}`, because, tunnel) });
}

const problemIn = ({ state }: Tunnel): Problem | null => ('because' in state ? state.because : null);

function sentence(what: string, because: Problem | null, tunnel: string): string {
  if (because === null) return what;
  const { text, next } = wordsOf(because, tunnel);
  return `${what}: ${text} ${next}`;
}
