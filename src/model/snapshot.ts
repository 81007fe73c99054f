import * as v from 'valibot';

/** What `tunnels status --json` prints and `GET /v1/status` answers. Fixed; more may be added, nothing taken away. */
export const SCHEMA_VERSION = 1;

const time = v.string();
const address = v.union([v.object({ host: v.string(), port: v.number() }), v.object({ path: v.string() })]);

export const BecauseSchema = v.object({ code: v.string(), text: v.string(), next: v.string() });

export const TUNNEL_WORDS = ['down', 'idle', 'connecting', 'up', 'degraded', 'reconnecting', 'blocked'] as const;
export const FORWARD_WORDS = ['down', 'binding', 'listening', 'recovering', 'blocked'] as const;
/** `suspect`: a keepalive was missed, the connection is not given up yet. */
export const HOP_WORDS = ['down', 'connecting', 'up', 'suspect'] as const;
export const VERDICT_WORDS = ['free', 'ours-stale', 'ours-live', 'someone-else', 'not-allowed', 'cannot-tell'] as const;
export const STEP_WORDS = ['revive', 'reset', 'poke', 'evict', 'wait', 'fallback'] as const;

/**
 * How users' bytes are carried: `own`: by our own data path; `own-channels`: the same, but ssh2 makes and reads the packets,
 * as its compiled part is missing or the cipher is none that we know; `ssh2`: by the library's own way.
 */
export const DATA_PATH_WORDS = ['own', 'own-channels', 'ssh2'] as const;

export const HopSnapshotSchema = v.object({
  host: v.string(),
  port: v.number(),
  user: v.string(),
  state: v.picklist(HOP_WORDS),
  rttMs: v.nullable(v.number()),
  /** What its connection is encrypted by, as SSH calls it; absent where there is none. */
  cipher: v.exactOptional(v.string()),
  /** Of its connection, which other tunnels may share; in bytes. `windows`: what the server may send before it was taken from us. */
  data: v.exactOptional(v.object({ path: v.picklist(DATA_PATH_WORDS), channels: v.number(), windows: v.number(), queued: v.number() })),
});

/** In bytes. `limits`: of the windows of one channel, one connection and all together; null where ssh2 carries all bytes. */
export const MemorySchema = v.object({
  resident: v.number(),
  windows: v.number(),
  queued: v.number(),
  limits: v.nullable(v.object({ channel: v.number(), link: v.number(), supervisor: v.number() })),
});

export const ForwardSnapshotSchema = v.object({
  name: v.string(),
  kind: v.picklist(['local', 'remote', 'dynamic', 'remote-dynamic']),
  /** `local`, or the hop that listens. */
  on: v.string(),
  /** The real one, after `0` or a fallback. */
  listen: address,
  to: v.nullable(address),
  state: v.picklist(FORWARD_WORDS),
  since: time,
  because: v.nullable(BecauseSchema),
  retryAt: v.nullable(time),
  connections: v.object({ open: v.number(), total: v.number(), failed: v.number() }),
  bytes: v.object({ sent: v.number(), received: v.number() }),
  /** The last connection that could not be served, if any. */
  lastFailure: v.nullable(v.object({ ...BecauseSchema.entries, at: time })),
  /** What is odd about the binding although it listens: half bound, or other addresses than were asked for. */
  warning: v.optional(v.nullable(BecauseSchema), null),
  lastRecovery: v.nullable(
    v.object({ verdict: v.picklist(VERDICT_WORDS), steps: v.array(v.picklist(STEP_WORDS)), ms: v.number(), at: time }),
  ),
});

export const TunnelSnapshotSchema = v.object({
  name: v.string(),
  wanted: v.picklist(['up', 'down']),
  state: v.picklist(TUNNEL_WORDS),
  since: time,
  because: v.nullable(BecauseSchema),
  retryAt: v.nullable(time),
  /** Which question it waits for, where a person is asked one: `tunnels answer PROMPT`. */
  prompt: v.exactOptional(v.string()),
  reconnects: v.number(),
  /** What its new connections use in place of the connection that it shares with other tunnels; absent: it has none of its own. */
  ownConnection: v.exactOptional(v.object({ since: time, connections: v.number() })),
  /** The profile's file, or `command line`. */
  origin: v.exactOptional(v.string()),
  hops: v.array(HopSnapshotSchema),
  forwards: v.array(ForwardSnapshotSchema),
});

export const SnapshotSchema = v.object({
  schemaVersion: v.literal(SCHEMA_VERSION),
  supervisor: v.nullable(v.object({ pid: v.number(), version: v.string(), since: time, memory: v.exactOptional(MemorySchema) })),
  tunnels: v.array(TunnelSnapshotSchema),
});

export type Because = v.InferOutput<typeof BecauseSchema>;
export type HopSnapshot = v.InferOutput<typeof HopSnapshotSchema>;
export type ForwardSnapshot = v.InferOutput<typeof ForwardSnapshotSchema>;
export type TunnelSnapshot = v.InferOutput<typeof TunnelSnapshotSchema>;
export type Memory = v.InferOutput<typeof MemorySchema>;
export type Snapshot = v.InferOutput<typeof SnapshotSchema>;
export type TunnelWord = (typeof TUNNEL_WORDS)[number];
export type ForwardWord = (typeof FORWARD_WORDS)[number];
export type DataPathWord = (typeof DATA_PATH_WORDS)[number];
export type HopWord = (typeof HOP_WORDS)[number];
