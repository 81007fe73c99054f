import type { Address } from './address.ts';

/** What sshd says in SSH_MSG_DEBUG around a request; the only reason that the wire ever carries. */
export type ServerSaying = 'forwarding-disabled' | 'listen-not-permitted' | 'address-overridden';

/** One row of /proc/net/tcp or tcp6 (proc(5)) whose local port is the one that we wanted. */
export type SocketRow = { readonly host: string; readonly state: SocketState; readonly uid: number; readonly inode: number };
export type SocketState =
  | 'ESTABLISHED'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'FIN_WAIT1'
  | 'FIN_WAIT2'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'LISTEN'
  | 'CLOSING';

/**
 * What one connection to the binding did. `silent` alone says nothing: a stale session, a live one with a
 * silent target and a silent program all look like it.
 */
export type ProbeAnswer = 'not-tried' | 'nothing-listens' | 'prohibited' | 'silent' | 'ended' | 'talks' | 'no-answer';

/** Of the process that a record names: `same` means boot id, pid and start time all match. */
export type RecordedProcess = 'same' | 'gone' | 'reused' | 'rebooted' | 'hidden' | 'unknown';

/** Of the holder's own SSH connection, looked at after it had something to send. */
export type HolderConnection = 'answers' | 'silent' | 'gone' | 'unknown';

/** A session that we, or a predecessor of ours, once had on this server. */
export type RecordedSession = {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot (proc(5), field 22 of stat); null where the server hides it. */
  readonly startTicks: number | null;
  /** Whose word it is: our own notes here, or the marker that its owner left on the server. */
  readonly source: 'record' | 'marker';
  /** We have given that connection up, or the supervisor that had it is known to be dead. */
  readonly declaredDead: boolean;
  /** A live link of this supervisor uses this very session. */
  readonly usedByLiveLink: boolean;
};

/** A Unix socket's path on the server. */
export type SocketFile = { readonly kind: 'socket' | 'other' | 'missing' | 'no-directory'; readonly uid: number | null };

/** A login session of systemd that holds the listener (`session-N.scope`). */
export type SessionScope = { readonly id: string; readonly leader: number; readonly startTicks: number };

/** Facts about one refused binding. Null: could not be found out. */
export type Evidence = {
  readonly listen: Address;
  readonly said: readonly ServerSaying[];
  /** Words of the key's options as sshd told them at login; null where it told none. */
  readonly keyOptions: readonly string[] | null;
  readonly server: 'openssh' | 'dropbear' | 'other';
  /** The tunnel of this supervisor whose link received our own probe. */
  readonly heardBy: string | null;
  /** The uid that we are on the server. */
  readonly uid: number | null;
  readonly rows: readonly SocketRow[] | null;
  /** A process of our own user that holds the listener and is no sshd. */
  readonly ownProcess: { readonly pid: number; readonly command: string } | null;
  /** The name of the uid that listens, where the server tells it. */
  readonly userName: string | null;
  readonly probe: ProbeAnswer;
  readonly recorded: RecordedSession | null;
  readonly process: RecordedProcess;
  readonly connection: HolderConnection;
  readonly scope: SessionScope | null;
  /** Asking for port 0: on the same address, and on localhost. */
  readonly portZero: { readonly same: 'bound' | 'refused' | 'not-tried'; readonly localhost: 'bound' | 'refused' | 'not-tried' };
  /** For Unix sockets only. */
  readonly file: SocketFile | null;
};

declare const proven: unique symbol;

/** A session proven ours and dead. Only `judgeBinding` makes one, and only the eviction module can use it. */
export type DeadSession = { readonly pid: number; readonly startTicks: number | null; readonly bootId: string; readonly [proven]: true };
/** A socket file proven ours and dead; made and used in the same way. */
export type DeadSocketFile = { readonly path: string; readonly [proven]: true };

export type BindingVerdict =
  /** Nothing listens there (any more). `source-port`: an outgoing connection of that machine uses the port. */
  | { readonly is: 'free'; readonly why: 'freed' | 'source-port' }
  /** Ours and dead. Without a proof it is only probable, and nothing is ended on a probability. */
  | { readonly is: 'ours-stale'; readonly session: DeadSession | null; readonly file: DeadSocketFile | null }
  | { readonly is: 'ours-live'; readonly where: 'here' | 'elsewhere'; readonly tunnel: string | null }
  | { readonly is: 'someone-else'; readonly holder: Holder }
  | { readonly is: 'not-allowed'; readonly why: NotAllowed }
  | { readonly is: 'cannot-tell' };

export type Holder = {
  readonly kind: 'user' | 'root' | 'own-process' | 'service' | 'file' | 'live-session';
  readonly uid: number | null;
  readonly name: string | null;
  readonly pid: number | null;
};

export type NotAllowed = 'server-forbids' | 'key-forbids' | 'server-list' | 'key-list' | 'privileged-port' | 'bad-address' | 'no-directory';
