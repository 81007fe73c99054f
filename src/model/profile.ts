import type { Address } from './address.ts';

/**
 * A checked profile: what `profile-shape.ts` and `read-profile.ts` make of a document.
 * The document (the YAML as data) is what travels and is kept; this is what the code works with.
 */
export type Profile = {
  readonly name: string;
  readonly description: string | null;
  readonly groups: readonly string[];
  /** In dialling order; the last is the far end. */
  readonly hops: readonly [Hop, ...Hop[]];
  readonly forwards: readonly [Forward, ...Forward[]];
  readonly keepalive: 'mirror' | Keepalive;
  /** Connect on first use and disconnect after this long without a connection; null: always connected. */
  readonly idleMs: number | null;
  /** How long a new local connection is held while the link is down; 0 refuses it. */
  readonly holdMs: number;
  /** After how long without us the server is to end our session by itself; `auto`: as long as we would wait, where it has no limit of its own. */
  readonly deadman: 'auto' | 'off' | { readonly ms: number };
  /** Whether it may log in a second time, for connections of its own while it is heavy and others share its connection. */
  readonly secondLogin: SecondLogin;
  readonly ssh: SshSettings;
};

export type SecondLogin = 'never' | 'when-heavy';

export type Keepalive = { readonly intervalMs: number; readonly countMax: number };

export type Hop = {
  /** A Host of ssh_config, a name or an address. */
  readonly host: string;
  readonly user: string | null;
  readonly port: number | null;
  /** Paths of private keys, tried in order; empty: ssh_config decides. */
  readonly identity: readonly string[];
  /** Pinned fingerprints (`SHA256:...`), of a plain key or of an authority's; empty: known_hosts decides. */
  readonly hostKey: readonly string[];
};

/** What an ad-hoc `-F file` and `-o Key=value` ask of ssh_config. */
export type SshSettings = {
  readonly configFile: string | null;
  readonly options: readonly string[];
  /** Host keys beside the profile, which count as pins: the path to be told, and its lines as known_hosts has them. */
  readonly knownHosts?: KnownHostsFile;
};

export type KnownHostsFile = { readonly file: string; readonly text: string };

export type ForwardKind = 'local' | 'remote' | 'dynamic' | 'remote-dynamic';

/** Where an end lies: on this machine, or on the hop of this index. */
export type Place = 'local' | number;

export type Forward = {
  readonly name: string;
  readonly kind: ForwardKind;
  /** Who listens. */
  readonly on: Place;
  readonly listen: Address;
  /** Who connects to the target (or, for SOCKS, to whatever is asked). */
  readonly from: Place;
  /** Null for the two SOCKS kinds. */
  readonly to: Address | null;
  readonly onConflict: readonly ConflictStep[];
  readonly fallbackPorts: PortRange | null;
  /** How long a taken binding is waited for before a person is asked; null: for ever. */
  readonly giveUpAfterMs: number | null;
  /** May listen on more addresses than were asked for, if the server widens it. */
  readonly public: boolean;
};

export type ConflictStep = 'reclaim' | 'wait' | 'fallback';
export type PortRange = { readonly first: number; readonly last: number };

export const DEFAULT_KEEPALIVE: Keepalive = { intervalMs: 15_000, countMax: 3 };
export const DEFAULT_HOLD_MS = 30_000;
export const DEFAULT_ON_CONFLICT: readonly ConflictStep[] = ['reclaim', 'wait'];

/** `[user@]host[:port]`, as the user wrote the hop. */
export function printHop(hop: Pick<Hop, 'host' | 'user' | 'port'>): string {
  const host = hop.port !== null && hop.host.includes(':') ? `[${hop.host}]` : hop.host;
  return `${hop.user === null ? '' : `${hop.user}@`}${host}${hop.port === null ? '' : `:${hop.port}`}`;
}

/** Profile names are file names and URL parts: no path, no option, nothing invisible. */
export const isProfileName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name);
