import { DEFAULT_KEEPALIVE, type Keepalive } from '../model/profile.ts';

/** What is known of a server's own keepalive. */
export type ServerKeepalive = {
  /** Its software version, such as `OpenSSH_9.2p1 Debian-2+deb12u10` or `dropbear_2022.83`. */
  readonly ident: string;
  /** ClientAliveInterval (sshd_config(5)), or dropbear's -K; 0 is none, null not known. */
  readonly clientAliveIntervalMs: number | null;
  /** ClientAliveCountMax; null not known. */
  readonly clientAliveCountMax: number | null;
};

export type Patience = {
  /** From the last that the server heard of its client until it lets the bindings go, at most; null: for ever, or unknown. */
  readonly ms: number | null;
  /**
   * `client-alive`: its own keepalive. `tcp-keepalive`: none, so the kernel's two hours. `tcp-retries`: it was given
   * something to send and TCP gives that up. `never`: nothing ends it. `unknown`: a server that we know nothing of.
   */
  readonly why: 'client-alive' | 'tcp-keepalive' | 'tcp-retries' | 'never' | 'unknown';
};

/** tcp_keepalive_time, _intvl and _probes of Linux, tcp(7): 7200 s and nine times 75 s. */
const TCP_KEEPALIVE_MS = 7_875_000;
/** tcp_retries2 = 15, tcp(7): 924.6 s by the manual, 943 to 945 s measured. */
const TCP_RETRIES_MS = 945_000;
const DEFAULT_COUNT_MAX = 3;

/**
 * How long a server keeps the bindings of a session that no longer answers. `pokedAfterMs`: how long after its last
 * answer it was given something to send to it (the probe of its listener); null: it was not.
 */
export function serverPatience(given: ServerKeepalive & { readonly pokedAfterMs: number | null }): Patience {
  const server = serverOf(given.ident);
  const ends: Patience[] = [];
  const alive = clientAliveMs(given, server);
  if (alive !== null) ends.push({ ms: alive, why: 'client-alive' });
  if (server.kind === 'openssh') ends.push({ ms: TCP_KEEPALIVE_MS, why: 'tcp-keepalive' });
  if (given.pokedAfterMs !== null) ends.push({ ms: given.pokedAfterMs + TCP_RETRIES_MS, why: 'tcp-retries' });
  const first = ends.sort((a, b) => (a.ms ?? 0) - (b.ms ?? 0))[0];
  return first ?? { ms: null, why: server.kind === 'dropbear' ? 'never' : 'unknown' };
}

const MIN_PATIENCE_MS = 5_000;
const MAX_PATIENCE_MS = 20 * 60_000;
/** Often enough for a NAT to keep its mapping, and for a dead link to be suspected within a minute. */
const MAX_INTERVAL_MS = 60_000;
const MIN_INTERVAL_MS = 1_000;

/**
 * Our own keepalive with the patience that the server has, so that neither end holds a binding long after the other
 * gave it up; 15 s x 3 where the server has none. Between 5 s and 20 min in all, asked at least every minute.
 */
export function mirrorKeepalive(server: ServerKeepalive): Keepalive {
  const theirs = clientAliveMs({ ...server, pokedAfterMs: null }, serverOf(server.ident));
  if (theirs === null) return DEFAULT_KEEPALIVE;
  const patienceMs = clamp(theirs, { min: MIN_PATIENCE_MS, max: MAX_PATIENCE_MS });
  const asked = theirs / ((server.clientAliveCountMax ?? DEFAULT_COUNT_MAX) + 1);
  // A link is given up after one interval of silence and countMax unanswered questions.
  const intervals = Math.max(2, Math.ceil(patienceMs / clamp(asked, { min: MIN_INTERVAL_MS, max: MAX_INTERVAL_MS })));
  return { intervalMs: Math.round(patienceMs / intervals), countMax: intervals - 1 };
}

const clamp = (value: number, { min, max }: { readonly min: number; readonly max: number }): number => Math.min(max, Math.max(min, value));

/** `idle`: since 9.2 only an interval without any event at all counts. `doubled`: 9.2 to 9.4 let two of them pass, 9d7193a83. */
type Server = { readonly kind: 'openssh' | 'dropbear' | 'other'; readonly idle: boolean; readonly doubled: boolean };

function serverOf(ident: string): Server {
  const version = /OpenSSH_(?:for_Windows_)?(\d+)\.(\d+)/.exec(ident);
  if (version === null) return { kind: /dropbear/i.test(ident) ? 'dropbear' : 'other', idle: false, doubled: false };
  const number = Number(version[1]) * 1_000 + Number(version[2]);
  return { kind: 'openssh', idle: number >= 9_002, doubled: number >= 9_002 && number <= 9_004 };
}

type Poked = ServerKeepalive & { readonly pokedAfterMs: number | null };

/** Null where the server has none: an interval of 0, and for sshd also a count of 0, which ends no connection. */
function clientAliveMs({ clientAliveIntervalMs, clientAliveCountMax, pokedAfterMs }: Poked, server: Server): number | null {
  const interval = clientAliveIntervalMs ?? 0;
  const count = clientAliveCountMax ?? DEFAULT_COUNT_MAX;
  if (!isSetting(interval) || !isSetting(count)) return null;
  if (server.kind === 'dropbear') return interval * count;
  const stepMs = interval * (server.doubled ? 2 : 1);
  const allMs = stepMs * (count + 1);
  if (!server.idle || pokedAfterMs === null || pokedAfterMs >= allMs) return allMs;
  // The poke begins the interval under way anew: that one is short by the doubling, the others are whole.
  return pokedAfterMs + interval + (count - Math.floor(pokedAfterMs / stepMs)) * stepMs;
}

/** Both are at least 1 where they do something, and sshd keeps them in an int. */
const isSetting = (value: number): boolean => value >= 1 && value <= 2 ** 31 * 1_000;
