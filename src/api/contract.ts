import * as v from 'valibot';
import { ProfileChangeSchema } from '../model/profile-change.ts';
import { PromptSchema, REMEMBER_WORDS } from '../model/prompt.ts';
import { BecauseSchema, SnapshotSchema, TunnelSnapshotSchema } from '../model/snapshot.ts';

/**
 * The contract between clients and the supervisor: HTTP and JSON over a Unix socket.
 *
 *   GET    /v1/health                  Health
 *   GET    /v1/status[?name=a&name=b]  Snapshot
 *   POST   /v1/foretell                ForetellRequest → {}; `PUT` of these tunnels follows in a moment: begins what can be begun before, and never needs to be called
 *   PUT    /v1/tunnels/:name           UpRequest → TunnelSnapshot; returns at once, the state follows
 *   PUT    /v1/tunnels/:name/profile   ChangeRequest → ChangeReply; touches no more than what differs, and brings nothing up that is down
 *   POST   /v1/tunnels/:name/restart   AgentRequest or nothing → TunnelSnapshot; returns when the old bindings are free and the new dial is under way
 *   DELETE /v1/tunnels/:name           → TunnelSnapshot; returns when every binding is free
 *   GET    /v1/tunnels/:name/story     Story
 *   POST   /v1/doctor                  DoctorRequest → DoctorReport; changes nothing, and may take a minute
 *   GET    /v1/prompts                 Prompts: what a person is asked
 *   POST   /v1/prompts/:id             AnswerRequest → AnswerReply; the question waits on where the answer does not fit
 *   DELETE /v1/prompts/:id             → AnswerReply; says no
 *   GET    /v1/events                  text/event-stream of SupervisorEvent, beginning with one `snapshot` and one `prompt` for each that is open
 *   GET    /v1/logs?name=&lines=&since=&follow=   text/event-stream of LogLine
 *   POST   /v1/stop                    → Health; the supervisor ends afterwards, wanted tunnels stay wanted
 *
 * Clients ignore events of a type that they do not know: more may be added.
 * A failure answers 4xx or 5xx with ApiFailure. Every answer carries the supervisor's version in `x-tunnels-version`.
 */
export const API_VERSION = 1;
export const VERSION_HEADER = 'x-tunnels-version';
/** Of a request: more than any one profile comes to, with the known_hosts beside it. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;

export const HealthSchema = v.object({
  pid: v.number(),
  version: v.string(),
  apiVersion: v.number(),
  since: v.string(),
  home: v.string(),
});

export const AgentRequestSchema = v.strictObject({
  /** The absolute path of the agent's socket (SSH_AUTH_SOCK) of whoever asks; logins use it in place of the supervisor's own. */
  agent: v.exactOptional(v.string()),
});

export const ChangeRequestSchema = v.strictObject({
  /** The profile as a document (what the YAML says); checked again by the supervisor. */
  profile: v.record(v.string(), v.unknown()),
  /** The file it came from, or `command line`; shown to the user. */
  origin: v.string(),
  /** Every file that it was made of; their folders are watched. */
  files: v.exactOptional(v.array(v.string())),
});

export const ChangeReplySchema = v.object({
  tunnel: TunnelSnapshotSchema,
  /** Null: the tunnel has this very document. */
  change: v.nullable(ProfileChangeSchema),
});

export const UpRequestSchema = v.strictObject({
  ...AgentRequestSchema.entries,
  ...ChangeRequestSchema.entries,
  /** Take remote bindings away from live sessions of our own user that are not this supervisor's. */
  takeOver: v.exactOptional(v.boolean()),
});

export const ForetellRequestSchema = v.strictObject({
  /** Those that are no tunnels are passed over. */
  names: v.array(v.string()),
});

/** Profiles to be examined, as they would be sent to bring them up. */
export const DoctorRequestSchema = v.strictObject({
  ...AgentRequestSchema.entries,
  profiles: v.array(v.strictObject({ name: v.string(), profile: v.record(v.string(), v.unknown()), origin: v.string() })),
  /** Tunnels to be examined with what they were brought up with, as there is no profile of theirs. */
  tunnels: v.exactOptional(v.array(v.string())),
});

/** Of it nothing is ever logged or told back. */
export const AnswerRequestSchema = v.strictObject({
  /** One for each of the prompt's fields. */
  answers: v.array(v.string()),
  /** Longer than for this login, where the prompt allows it. */
  remember: v.exactOptional(v.picklist(REMEMBER_WORDS)),
});

export const AnswerReplySchema = v.object({
  id: v.string(),
  /** The answer was taken, but something beside it did not work: it could not be kept in the keychain. */
  warning: v.nullable(BecauseSchema),
});

/** A problem on the wire: the code and facts, and the words for clients without a catalogue. */
export const ApiFailureSchema = v.object({
  code: v.string(),
  facts: v.record(v.string(), v.union([v.string(), v.number()])),
  text: v.string(),
  next: v.string(),
});

export const SupervisorEventSchema = v.variant('type', [
  v.object({ type: v.literal('snapshot'), snapshot: SnapshotSchema }),
  v.object({ type: v.literal('tunnel'), tunnel: TunnelSnapshotSchema }),
  v.object({ type: v.literal('gone'), name: v.string() }),
  /** A new question, or another tunnel waits for it. */
  v.object({ type: v.literal('prompt'), prompt: PromptSchema }),
  v.object({ type: v.literal('prompt-gone'), id: v.string() }),
]);

const EVENT_TYPES: ReadonlySet<unknown> = new Set(SupervisorEventSchema.options.map(({ entries }) => entries.type.literal));
export const isKnownEvent = (message: unknown): boolean => EVENT_TYPES.has((message as { readonly type?: unknown } | null)?.type);

export const LogLineSchema = v.object({
  time: v.string(),
  level: v.picklist(['debug', 'info', 'warn', 'error']),
  tunnel: v.nullable(v.string()),
  /** A stable word for what happened: `linked`, `link-lost`, `bound`, ... or a problem's code. */
  event: v.string(),
  text: v.string(),
});

export type Health = v.InferOutput<typeof HealthSchema>;
export type AgentRequest = v.InferOutput<typeof AgentRequestSchema>;
export type UpRequest = v.InferOutput<typeof UpRequestSchema>;
export type ForetellRequest = v.InferOutput<typeof ForetellRequestSchema>;
export type ChangeRequest = v.InferOutput<typeof ChangeRequestSchema>;
export type ChangeReply = v.InferOutput<typeof ChangeReplySchema>;
export type DoctorRequest = v.InferOutput<typeof DoctorRequestSchema>;
export type AnswerRequest = v.InferOutput<typeof AnswerRequestSchema>;
export type AnswerReply = v.InferOutput<typeof AnswerReplySchema>;
export type ApiFailure = v.InferOutput<typeof ApiFailureSchema>;
export type SupervisorEvent = v.InferOutput<typeof SupervisorEventSchema>;
export type LogLine = v.InferOutput<typeof LogLineSchema>;
export type LogQuery = { readonly name?: string; readonly lines?: number; readonly since?: string; readonly follow?: boolean };
