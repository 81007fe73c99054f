import type { Address } from '../../model/address.ts';
import { type Problem, wordsOf } from '../../model/problem.ts';
import type { Forward, Profile } from '../../model/profile.ts';
import type { Because, ForwardSnapshot, HopSnapshot, TunnelSnapshot } from '../../model/snapshot.ts';
import type { ForwardState, Tunnel, TunnelState } from '../../model/tunnel.ts';
import type { HopState, Route } from '../../ssh/links/links.ts';
import type { Counters } from './counters.ts';
import type { OwnShown } from './own-connection.ts';

export type SnapshotGiven = {
  readonly profile: Profile;
  readonly tunnel: Tunnel;
  readonly wanted: 'up' | 'down';
  readonly counters: readonly Counters[];
  readonly hops: readonly HopState[];
  readonly own: OwnShown | null;
  readonly route: Route | null;
  readonly lastRecovery: (forward: string) => ForwardSnapshot['lastRecovery'];
};

/** A tunnel as clients see it. Here problems get their words. */
export function snapshotOf(given: SnapshotGiven): TunnelSnapshot {
  const { profile, tunnel, wanted } = given;
  const { state } = tunnel;
  return {
    name: profile.name,
    wanted,
    state: state.is,
    since: time(state.since),
    because: 'because' in state ? because(state.because, profile) : null,
    retryAt: retryAt(state),
    ...(state.is === 'blocked' && state.asks !== null && { prompt: state.asks.prompt }),
    reconnects: tunnel.reconnects,
    ...(given.own !== null && { ownConnection: { since: time(given.own.since), connections: given.own.connections } }),
    hops: hopsOf(given),
    forwards: profile.forwards.map((_, index) => forwardOf(given, index)),
  };
}

/** Before ssh_config was asked, the hops are shown as the profile has them. */
function hopsOf({ profile, route, hops }: SnapshotGiven): HopSnapshot[] {
  if (route === null) {
    return profile.hops.map((hop) => ({ host: hop.host, port: hop.port ?? 22, user: hop.user ?? '', state: 'down', rttMs: null }));
  }
  return route.hops.map(({ host, port, user }, index) => ({
    host,
    port,
    user,
    state: hops[index]?.state ?? 'down',
    rttMs: hops[index]?.rttMs ?? null,
    ...cipherOf(hops[index]),
    ...dataOf(hops[index]),
  }));
}

const cipherOf = (hop: HopState | undefined): Pick<HopSnapshot, 'cipher'> => (hop?.cipher ? { cipher: hop.cipher } : {});

function dataOf(hop: HopState | undefined): Pick<HopSnapshot, 'data'> {
  if (!hop?.data) return {};
  const { path, channels, windows, queued } = hop.data;
  return { data: { path, channels, windows, queued } };
}

function forwardOf({ profile, tunnel, counters, lastRecovery }: SnapshotGiven, index: number): ForwardSnapshot {
  const forward = profile.forwards[index] as Forward;
  const state = tunnel.forwards[index] as ForwardState;
  const counter = counters[index] as Counters;
  return {
    name: forward.name,
    kind: forward.kind,
    on: forward.on === 'local' ? 'local' : (profile.hops[forward.on]?.host ?? ''),
    listen: plain(state.is === 'listening' ? state.listen : forward.listen),
    to: forward.to === null ? null : plain(forward.to),
    state: state.is,
    since: time(state.since),
    because: 'because' in state ? because(state.because, profile) : null,
    retryAt: state.is === 'recovering' && state.retryAt !== null ? time(state.retryAt) : null,
    connections: { open: counter.open, total: counter.total, failed: counter.failed },
    bytes: { sent: counter.sent, received: counter.received },
    lastFailure: counter.lastFailure === null ? null : { ...words(counter.lastFailure.problem, profile), at: time(counter.lastFailure.at) },
    warning: because(counter.warning, profile),
    lastRecovery: lastRecovery(forward.name),
  };
}

const time = (ms: number): string => new Date(ms).toISOString();
const plain = (address: Address) => ({ ...address });
const words = (p: Problem, { name }: Profile): Because => ({ code: p.code, ...wordsOf(p, name) });
const because = (p: Problem | null, profile: Profile): Because | null => (p === null ? null : words(p, profile));
const retryAt = (state: TunnelState): string | null => ('step' in state && state.step.at === 'waiting' ? time(state.step.retryAt) : null);
