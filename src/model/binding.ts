import type { Address, TcpAddress } from './address.ts';

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

/**
 * Of the process that a record names: `same` means boot id, pid and start time all match; `hidden` that the boot id
 * matches and the pid takes our signals, but its start time may not be read (hidepid of proc(5)).
 */
export type RecordedProcess = 'same' | 'gone' | 'reused' | 'rebooted' | 'hidden' | 'unknown';

/**
 * Of the recorded session's own SSH connection, looked at after it had something to send: `answers`, `silent`
 * (unacknowledged data, retransmitted), or `gone` (no such row any more).
 */
export type HolderConnection = 'answers' | 'silent' | 'gone' | 'unknown';

/** A session that we, or a predecessor of ours, once had on this server, and that asked for this very binding. */
export type RecordedSession = {
  /** The user that it ran as. */
  readonly uid: number;
  readonly bootId: string;
  readonly pid: number;
  /** `sshd`, `sshd-session` or `?` where the server hid it; dropbear's process is root's and never ours to end. */
  readonly comm: string;
  /** Clock ticks since boot (proc(5), field 22 of stat); null where the server hid it. */
  readonly startTicks: number | null;
  /**
   * Whose word it is: our own notes here, the marker that its owner left on the server, or, without either, the
   * login session of systemd that holds the listener (`sessionOfScope`). Only our own notes are believed about
   * `declaredDead`; the others have to be seen dead.
   */
  readonly source: 'record' | 'marker' | 'scope';
  /** We have given that connection up, or the supervisor that had it is known to be dead. */
  readonly declaredDead: boolean;
  /** A live link of this supervisor uses this very session; also true of the session that is doing the looking. */
  readonly usedByLiveLink: boolean;
};

/** A Unix socket's path on the server. */
export type SocketFile = { readonly kind: 'socket' | 'other' | 'missing' | 'no-directory'; readonly uid: number | null };

/**
 * A login session of systemd that holds the listener (`session-N.scope`, as `ss -ltne` shows it). `leader` is the sshd
 * of our own user in its `cgroup.procs`: what logind calls the leader is the monitor above it, which is root's.
 */
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
  /** The session that may be the holder: of our records, else of the marker, else of the scope. */
  readonly recorded: RecordedSession | null;
  /**
   * We held this very binding on this account, over a session that the server told us nothing of and that died at `diedAt`
   * (ms). It names no process, so it makes a death probable and is never a proof.
   */
  readonly heldBefore: { readonly diedAt: number } | null;
  readonly process: RecordedProcess;
  readonly connection: HolderConnection;
  /** The far end of the holder's SSH connection, where the server shows it. */
  readonly peer: TcpAddress | null;
  readonly scope: SessionScope | null;
  /** The pid of the server's process that serves the very session through which we look. */
  readonly ownPid: number | null;
  /** Start, in clock ticks since boot, of the process that did the looking: nothing that it saw can be younger. */
  readonly nowTicks: number | null;
  /** The user asked for this binding even where a live session of theirs has it (`--take-over`). */
  readonly takeOver: boolean;
  /** Asking for port 0: on the same address, and on localhost. */
  readonly portZero: { readonly same: 'bound' | 'refused' | 'not-tried'; readonly localhost: 'bound' | 'refused' | 'not-tried' };
  /** For Unix sockets only. */
  readonly file: SocketFile | null;
};

declare const proven: unique symbol;

/**
 * A session proven ours, and dead by our own word, by the server's tables, or (`--take-over`) by the user's.
 * Only `judgeBinding` makes one, and only the eviction module can use it.
 */
export type DeadSession = { readonly pid: number; readonly startTicks: number | null; readonly bootId: string; readonly [proven]: true };
/** A socket file proven ours and dead; made and used in the same way. */
export type DeadSocketFile = { readonly path: string; readonly [proven]: true };

export type BindingVerdict =
  /** Nothing listens there (any more). `source-port`: an outgoing connection of that machine uses the port. */
  | { readonly is: 'free'; readonly why: 'freed' | 'source-port' }
  /** Ours and dead. Without a proof it is only probable, and nothing is ended on a probability. */
  | { readonly is: 'ours-stale'; readonly session: DeadSession | null; readonly file: DeadSocketFile | null }
  /** `here`: a tunnel of this supervisor. `elsewhere`: another supervisor of ours, or an `ssh -R` by hand. */
  | { readonly is: 'ours-live'; readonly where: 'here'; readonly tunnel: string }
  | { readonly is: 'ours-live'; readonly where: 'elsewhere'; readonly session: LiveSession; readonly takeOver: DeadSession | null }
  | { readonly is: 'someone-else'; readonly holder: Holder }
  /** `said`: the server gave the reason itself. */
  | { readonly is: 'not-allowed'; readonly why: NotAllowed; readonly said: ServerSaying | null }
  | { readonly is: 'cannot-tell' };

/** What the server shows of a live session of our user. */
export type LiveSession = { readonly pid: number | null; readonly peer: TcpAddress | null };

export type Holder = {
  readonly kind: 'user' | 'root' | 'own-process' | 'service' | 'file' | 'live-session';
  readonly uid: number | null;
  readonly name: string | null;
  readonly pid: number | null;
};

export type NotAllowed = 'server-forbids' | 'key-forbids' | 'server-list' | 'key-list' | 'privileged-port' | 'bad-address' | 'no-directory';

/** The holder of a listener that no record names; it has to be seen dead before anything is done to it. */
export const sessionOfScope = (
  scope: SessionScope,
  of: { readonly uid: number; readonly bootId: string; readonly comm: string },
): RecordedSession => ({
  ...of,
  pid: scope.leader,
  startTicks: scope.startTicks,
  source: 'scope',
  declaredDead: false,
  usedByLiveLink: false,
});
