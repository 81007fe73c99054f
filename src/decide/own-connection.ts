import { type Problem, retryClassOf } from '../model/problem.ts';
import { STABLE_MS } from './backoff.ts';
import { leastWait } from './lock-out.ts';

/**
 *   shared ──heavy──▶ dialing ──▶ own        own ──calm and empty, or lost──▶ shared
 *      ▲                 │ failed
 *      └─ until ─────────┘
 *
 * Where a tunnel's new connections go: over the connection that it shares with other tunnels, or over one of its own.
 */
export type Own =
  /** `until`: no second login is tried before; null: not before somebody changes or restarts the tunnel. */
  | { readonly is: 'shared'; readonly failures: number; readonly until: number | null }
  | { readonly is: 'dialing'; readonly failures: number }
  | { readonly is: 'own'; readonly failures: number; readonly since: number };

export const SHARED: Own = { is: 'shared', failures: 0, until: 0 };

/** What a tunnel and its connections look like at a moment, in ms of a clock that never goes back. */
export type OwnSight = {
  readonly now: number;
  readonly isHeavy: boolean;
  /** The profile allows a second login, and the own connection, if there is one, still goes where the shared one goes. */
  readonly isAllowed: boolean;
  /** All links of the way are up, and another tunnel uses at least one of them. */
  readonly isShared: boolean;
  /** Every link of the way was logged in to without a question, a touch or a confirmation. */
  readonly isUnaided: boolean;
  /** Open, or being opened, over the own connection. */
  readonly channels: number;
};

/** `refrain`: as `stay`, where only a person keeps it from dialling; worth telling once. */
export type OwnStep = 'stay' | 'dial' | 'refrain' | 'give-back';

export function ownStep(own: Own, sight: OwnSight): OwnStep {
  switch (own.is) {
    case 'shared':
      if (!sight.isAllowed || !sight.isHeavy || !sight.isShared || own.until === null || sight.now < own.until) return 'stay';
      return sight.isUnaided ? 'dial' : 'refrain';
    case 'dialing':
      return sight.isAllowed ? 'stay' : 'give-back';
    case 'own':
      // Others may have left meanwhile: while it is heavy, a change of connections helps nobody.
      return sight.channels === 0 && (!sight.isHeavy || !sight.isAllowed) ? 'give-back' : 'stay';
  }
}

type Chance = { readonly now: number; readonly jitter: number };

/** The second login has failed; it is left alone the longer the more often it has. What only a person can change is not tried again. */
export function ownFailed({ failures }: Own, because: Problem, { now, jitter }: Chance): Own {
  if (retryClassOf(because) === 'person') return { is: 'shared', failures: failures + 1, until: null };
  const ms = Math.max(leastWait(because), Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 20)));
  return { is: 'shared', failures: failures + 1, until: now + Math.round(ms * (1 + jitter / 4)) };
}

/** The own connection was lost; one that did not hold long counts as a failure. */
export function ownLost(own: Own, because: Problem, chance: Chance): Own {
  const held = own.is === 'own' && chance.now - own.since >= STABLE_MS;
  return ownFailed(held ? { ...own, failures: 0 } : own, because, chance);
}

/** A login that nobody needs is not worth a server's patience. */
const FIRST_MS = 60_000;
const MOST_MS = 1_800_000;
