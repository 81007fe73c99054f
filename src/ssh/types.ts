import type { Duplex } from 'node:stream';
import type { Address, TcpAddress } from '../model/address.ts';
import type { Forward, Keepalive } from '../model/profile.ts';
import type { Problem } from '../model/problem.ts';
import type { StopSignal } from '../platform/stopper.ts';
import type { HopOptions } from './hop-options.ts';
import type { PinnedLine } from './identity/host-keys/pinned-keys.ts';

/**
 * A hop after ssh_config has been asked: everything that connecting needs, nothing left to look up.
 * Two tunnels share a connection when their resolved hops, and all before them, are equal.
 */
export type ResolvedHop = {
  /** What the profile calls it; shown to the user. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absolute paths in the order to try. `required`: named by the profile or ssh_config, so its absence is told. */
  readonly identities: readonly { readonly path: string; readonly required: boolean }[];
  readonly identitiesOnly: boolean;
  /** Path of the agent's socket; null: no agent. */
  readonly agent: string | null;
  readonly knownHosts: {
    /** Name to look up in place of `host` (HostKeyAlias). */
    readonly alias: string | null;
    readonly userFiles: readonly string[];
    readonly systemFiles: readonly string[];
    /** `SHA256:...`; when not empty, only these are accepted, and known_hosts must not disagree. */
    readonly pins: readonly string[];
    /** Of the known_hosts beside the profile, those that speak of this hop: pins too where there are none. */
    readonly lines?: readonly PinnedLine[];
  };
  readonly connectTimeoutMs: number;
  readonly addressFamily: 'any' | 'inet' | 'inet6';
  /** Where -F has named a file, or `none`: for who is told to look with ssh(1). */
  readonly configFile?: string;
} & HopOptions;

/** A live SSH connection to one hop, carried by the link before it. */
export interface Link {
  readonly hop: ResolvedHop;
  /** Milliseconds of the last keepalive's round trip; null before the first. */
  readonly rttMs: number | null;
  readonly suspect: boolean;
  /** Since anything was heard of the server. */
  readonly silentMs: number;
  /** Resolves once, when the connection can no longer be used. Never rejects. */
  readonly lost: Promise<Problem>;
  /** Opens direct-tcpip (RFC 4254 §7.2) or direct-streamlocal@openssh.com. Rejects with ProblemError. */
  open(to: Address, origin: TcpAddress | null): Promise<Duplex>;
  /** tcpip-forward (RFC 4254 §7.1) or streamlocal-forward@openssh.com. Rejects with ProblemError. */
  listen(at: Address, onOffer: (offer: Offer) => void): Promise<RemoteBinding>;
  /** Null where another link carries it. */
  readonly ends: Ends | null;
  /** What had to be done to the session before it; null where there was none. */
  readonly reset: Reset | null;
  /** Changes how often it is asked whether it is alive, when more is known of the server. */
  setKeepalive(keepalive: Keepalive): void;
  /** Work that belongs to the session's good end, such as clearing what was left on the server; done first by `close`. */
  beforeClose(work: () => Promise<void>): void;
  /** Ends the session in order; resolves when the server has closed, or at the deadline. */
  close(deadlineMs: number): Promise<void>;
}

/** The dead connection before this one was reset when its server could be reached again. */
export type Reset = {
  /** Both ends of the connections that were reset. */
  readonly ends: readonly Ends[];
  /** Wall clock, ms. */
  readonly at: number;
};

/** Both ends of a TCP connection as this machine sees them, as numbers. */
export type Ends = { readonly local: TcpAddress; readonly remote: TcpAddress };

/** A connection that came in at a remote binding and waits for us to take it. */
export interface Offer {
  readonly origin: TcpAddress | null;
  accept(): Duplex;
  reject(): void;
}

export interface RemoteBinding {
  /** With the real port where 0 was asked. */
  readonly address: Address;
  /** Resolves when the server has confirmed cancel-tcpip-forward, or the link is gone. */
  close(): Promise<void>;
}

/** Connects to a target from one place: this machine, or a hop. Rejects with ProblemError. */
export type Reach = (to: Address, origin: TcpAddress | null, signal: StopSignal) => Promise<Duplex>;

/** What a forward does with each connection at its listening end. */
export type Service = {
  readonly forward: Forward;
  readonly reach: Reach;
  readonly meter: Meter;
  /** A connection that could not be served; the listener goes on. */
  readonly onFailure: (problem: Problem) => void;
};

/** Counters of one forward, kept through reconnects. `onChange` is called when `open` changes. */
export interface Meter {
  open: number;
  total: number;
  failed: number;
  /** Bytes towards the target, and from it. */
  sent: number;
  received: number;
  onChange: () => void;
}

/** The listening end of a forward, here or on a hop. */
export interface Listener {
  readonly address: Address;
  /** Stops accepting, frees the binding, lets open connections drain until the deadline, then ends them. */
  close(drainMs: number): Promise<void>;
}
