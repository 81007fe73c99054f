import * as v from 'valibot';

/** Who we are on a server, and which of its processes serves us; found out right after login. */
export const SessionIdentitySchema = v.object({
  uid: v.number(),
  /** The server's process that owns our listeners: `sshd`, `sshd-session` or `dropbear`. */
  pid: v.number(),
  comm: v.string(),
  /** Clock ticks since boot (proc(5), field 22 of stat); null where the server hides it (hidepid). */
  startTicks: v.nullable(v.number()),
  bootId: v.string(),
  /** Our end of the connection as the server sees it (the first two words of SSH_CONNECTION). */
  client: v.object({ host: v.string(), port: v.number() }),
  /** XDG_SESSION_ID, where systemd-logind keeps sessions apart. */
  scope: v.nullable(v.string()),
  /** Whether we may signal that process; dropbear's runs as root. */
  killable: v.boolean(),
});

/** A session of ours that holds, or once held, bindings on a server. Written before the first of them is asked for. */
export const SessionRecordSchema = v.object({
  ...SessionIdentitySchema.entries,
  /** Fingerprint of the server's host key: the server, whatever the way there. */
  hostKey: v.string(),
  user: v.string(),
  /** Printed addresses of the bindings that were asked for in this session. */
  bindings: v.array(v.string()),
  /** Names of the tunnels that use it. */
  tunnels: v.array(v.string()),
  /** Which installation wrote it. */
  owner: v.string(),
  madeAt: v.number(),
  /** We have given the connection up, or the supervisor that had it is known to be dead. */
  declaredDead: v.boolean(),
  /** When the server last heard from us, as far as we know; ms. */
  diedAt: v.optional(v.nullable(v.number()), null),
});

export type SessionIdentity = v.InferOutput<typeof SessionIdentitySchema>;
export type SessionRecord = v.InferOutput<typeof SessionRecordSchema>;

export const recordKey = ({ hostKey, user, bootId, pid, startTicks }: SessionRecord): string =>
  [hostKey, user, bootId, pid, startTicks ?? 'hidden'].join(' ');
