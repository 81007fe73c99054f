import type { Keepalive } from '../model/profile.ts';

/**
 * Whether the far end of a connection still answers. A missed answer makes it suspect, not dead:
 * a second connection may be dialled beside it while the first may still answer.
 *
 * quiet ──interval──▶ asked ──grace──▶ suspect ──interval × (countMax + 1) since last heard──▶ dead
 *   ▲                   │                 │
 *   └────── heard ──────┴─────────────────┘
 */
export type Liveness =
  | { readonly is: 'quiet'; readonly heardAt: number; readonly wakeAt: number }
  | {
      readonly is: 'asked' | 'suspect';
      readonly heardAt: number;
      readonly askedAt: number;
      readonly deadAt: number;
      readonly wakeAt: number;
    }
  | { readonly is: 'dead'; readonly heardAt: number };

export type LivenessEvent = { readonly type: 'heard' | 'woke' };
export type LivenessGiven = { readonly keepalive: Keepalive; readonly now: number; readonly rttMs: number | null };
export type LivenessOutcome = { readonly liveness: Liveness; readonly ping: boolean };

/** A timer this late means that this machine slept: what is missing then is our own ears, not the answer. */
export const SLEPT_MS = 5_000;

/** A timer this early means that the clock was set back; until it has caught up, nobody would ask. */
const SET_BACK_MS = 1_000;

export const alive = (given: Omit<LivenessGiven, 'rttMs'>): Liveness => ({
  is: 'quiet',
  heardAt: given.now,
  wakeAt: given.now + given.keepalive.intervalMs,
});

export function watch(liveness: Liveness, event: LivenessEvent, given: LivenessGiven): LivenessOutcome {
  if (liveness.is === 'dead') return { liveness, ping: false };
  if (event.type === 'heard') return { liveness: alive(given), ping: false };
  if (liveness.wakeAt - given.now > SET_BACK_MS) return ask(liveness, given);
  if (given.now < liveness.wakeAt) return { liveness, ping: false };
  if (liveness.is === 'quiet' || given.now - liveness.wakeAt >= SLEPT_MS) return ask(liveness, given);
  if (given.now >= liveness.deadAt) return { liveness: { is: 'dead', heardAt: liveness.heardAt }, ping: false };
  return askAgain(liveness, given);
}

/** The first unanswered ping, or the first after a sleep: patience begins with it. */
function ask(liveness: { readonly heardAt: number }, given: LivenessGiven): LivenessOutcome {
  const { intervalMs, countMax } = given.keepalive;
  const deadAt = given.now + intervalMs * countMax;
  const wakeAt = Math.min(deadAt, given.now + graceMs(given));
  return { liveness: { is: 'asked', heardAt: liveness.heardAt, askedAt: given.now, deadAt, wakeAt }, ping: true };
}

function askAgain(liveness: Extract<Liveness, { is: 'asked' | 'suspect' }>, given: LivenessGiven): LivenessOutcome {
  const wakeAt = Math.min(liveness.deadAt, given.now + given.keepalive.intervalMs);
  return { liveness: { ...liveness, is: 'suspect', wakeAt }, ping: true };
}

/** How long an answer may take before it counts as missed: several round trips, never more than an interval. */
function graceMs({ keepalive, rttMs }: LivenessGiven): number {
  return Math.min(keepalive.intervalMs, Math.max(1_000, 6 * (rttMs ?? 0)));
}
