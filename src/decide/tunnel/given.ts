import type { Forward, Profile } from '../../model/profile.ts';
import type { TryingState, Tunnel, TunnelEffect } from '../../model/tunnel.ts';

/** Everything that a decision may depend on besides state and event. */
export type Given = {
  readonly profile: Profile;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Uniform in [0, 1). */
  readonly jitter: number;
};

export type Outcome = { readonly tunnel: Tunnel; readonly effects: readonly TunnelEffect[] };

export const unchanged = (tunnel: Tunnel): Outcome => ({ tunnel, effects: [] });

export const listensHere = (forward: Forward): boolean => forward.on === 'local';

/** Indexes of the forwards that listen here, or of those that listen on a hop. */
export const indexes = (profile: Profile, here: boolean): number[] =>
  profile.forwards.flatMap((forward, index) => (listensHere(forward) === here ? [index] : []));

/** The number of the forward at this index of the profile. */
export const idAt = (tunnel: Tunnel, index: number): number => tunnel.ids[index] ?? -1;

/** Where the profile has the forward of this number; -1: nowhere any more. */
export const indexOf = (tunnel: Tunnel, id: number): number => tunnel.ids.indexOf(id);

export const replaceAt = <T>(list: readonly T[], index: number, item: T): readonly T[] => list.map((old, i) => (i === index ? item : old));

/** When every hop was there, or null where some hop is not. */
export function linkedAtOf({ state }: Tunnel): number | null {
  if (state.is === 'up' || state.is === 'degraded') return state.linkedAt;
  return 'step' in state && state.step.at === 'binding' ? state.step.linkedAt : null;
}

/** The dial that is under way, waits for its next try or binds, also while it asks a person; null where there is none. */
export function tryingOf({ state }: Tunnel): TryingState | null {
  if (state.is === 'blocked') return state.asks?.dial === 'under-way' ? state.asks.before : null;
  return state.is === 'connecting' || state.is === 'reconnecting' ? state : null;
}
