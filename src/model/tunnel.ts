import type { Address } from './address.ts';
import type { Problem } from './problem.ts';
import type { Profile } from './profile.ts';

/**
 *   down ──up──▶ connecting ──▶ up ◀──▶ degraded        any ──down──▶ down
 *    ▲              │  ▲         │         │
 *    │              │  └─ wait ◀─┴─ lost ──┘ (as reconnecting)
 *   idle ◀─unused───┘        blocked: only a person leads out of it
 *
 * A login that asks a person something is `blocked` as well, but gives nothing back: `before` is where it goes on.
 *
 * `closing` says that bindings and connections are still being given back, and what comes after.
 */
export type TunnelState =
  | { readonly is: 'down'; readonly since: number; readonly closing: 'then-down' | 'then-up' | null }
  | { readonly is: 'idle'; readonly since: number }
  | ({ readonly is: 'connecting' } & Trying)
  | ({ readonly is: 'reconnecting' } & Trying)
  | { readonly is: 'up'; readonly since: number; readonly linkedAt: number; readonly attempt: number }
  /**
   * `because` is null while forwards of a changed profile are being bound. `upSince`: since when it would be up, as nothing that
   * was has failed; null once anything has.
   */
  | {
      readonly is: 'degraded';
      readonly since: number;
      readonly linkedAt: number;
      readonly attempt: number;
      readonly because: Problem | null;
      readonly upSince: number | null;
    }
  | { readonly is: 'blocked'; readonly since: number; readonly because: Problem; readonly asks: Asks | null };

/** The states in which a connection is being made. */
export type TryingState = Extract<TunnelState, { readonly is: 'connecting' | 'reconnecting' }>;

/** The name of the question that waits for a person. `over`: the dial that asked it has ended; the answer begins the next. */
export type Asks = { readonly prompt: string; readonly dial: 'under-way' | 'over'; readonly before: TryingState };

type Trying = {
  readonly since: number;
  readonly step: Step;
  /** Dials since the last stable connection. */
  readonly attempt: number;
  readonly because: Problem | null;
};

export type Step =
  | { readonly at: 'dialing' }
  | { readonly at: 'waiting'; readonly retryAt: number }
  | { readonly at: 'binding'; readonly linkedAt: number };

export type ForwardState =
  | { readonly is: 'down'; readonly since: number; readonly because: Problem | null }
  | { readonly is: 'binding'; readonly since: number }
  | { readonly is: 'listening'; readonly since: number; readonly listen: Address }
  /** Refused, working on it; `retryAt` is null while a try is under way. */
  | {
      readonly is: 'recovering';
      readonly since: number;
      readonly because: Problem;
      readonly tries: number;
      readonly retryAt: number | null;
    }
  | { readonly is: 'blocked'; readonly since: number; readonly because: Problem };

/**
 * One tunnel, whole. `run` grows whenever listening starts anew on this machine, `epoch` whenever a
 * connection is begun or given up: what an event of an older one reports changes nothing.
 */
export type Tunnel = {
  readonly state: TunnelState;
  /** As the profile has them. */
  readonly forwards: readonly ForwardState[];
  /**
   * The number of each of them, its own for as long as it lives. Events and effects name forwards by it, so that what is
   * reported of one that a changed profile has no more changes nothing.
   */
  readonly ids: readonly number[];
  /** How many numbers were given so far; none is given twice. */
  readonly issued: number;
  readonly run: number;
  readonly epoch: number;
  readonly reconnects: number;
  /** Whether a local connection is open; only idle tunnels care. */
  readonly busy: boolean;
};

export type TunnelEvent =
  | { readonly type: 'asked-up' }
  | { readonly type: 'asked-down' }
  | { readonly type: 'asked-restart' }
  /** The profile is another one from now on. */
  | { readonly type: 'changed'; readonly before: Profile }
  /** The first local connection came, or the last one left. */
  | { readonly type: 'used' }
  | { readonly type: 'unused' }
  | { readonly type: 'linked'; readonly epoch: number }
  | { readonly type: 'link-failed'; readonly epoch: number; readonly problem: Problem }
  | { readonly type: 'link-lost'; readonly epoch: number; readonly problem: Problem }
  /** What a person has to do before the dial can go on; null: nothing any more. */
  | { readonly type: 'person-needed'; readonly epoch: number; readonly problem: Problem | null }
  /** What a tunnel may be waiting for; a login that is under way hears of it by itself. */
  | { readonly type: 'prompt-settled'; readonly prompt: string; readonly how: 'answered' | 'declined' }
  /** `age` is the run of a forward that listens here, the epoch of one that listens on a hop. */
  | { readonly type: 'bound'; readonly age: number; readonly forward: number; readonly listen: Address }
  /** `retryAfterMs`: when it is worth asking again, where that is known better than by backing off. */
  | {
      readonly type: 'bind-failed';
      readonly age: number;
      readonly forward: number;
      readonly problem: Problem;
      readonly retryAfterMs: number | null;
    }
  /** Refused, and still being worked on. */
  | { readonly type: 'bind-trouble'; readonly age: number; readonly forward: number; readonly problem: Problem }
  | { readonly type: 'closed'; readonly run: number }
  | { readonly type: 'woke'; readonly age: number; readonly timer: Timer };

export type Timer = { readonly for: 'retry' } | { readonly for: 'bind'; readonly forward: number } | { readonly for: 'idle-out' };

export type TunnelEffect =
  | { readonly do: 'connect'; readonly epoch: number }
  /** Listen, here or on a hop; answered by `bound` or `bind-failed` of the same age. */
  | { readonly do: 'bind'; readonly age: number; readonly forward: number }
  /** The profile has these no more: give them back in order. What is bound afterwards waits for it. */
  | { readonly do: 'unbind'; readonly forwards: readonly number[] }
  /** The connection of this epoch is gone: forget it and whatever was bound through it. */
  | { readonly do: 'forget'; readonly epoch: number }
  /** Give the connection back in order, keep what listens here. */
  | { readonly do: 'disconnect'; readonly epoch: number }
  /** Give everything back in order; answered by `closed` of the same run. */
  | { readonly do: 'close'; readonly run: number }
  | { readonly do: 'wake'; readonly at: number; readonly age: number; readonly timer: Timer };
