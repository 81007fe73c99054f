import type * as v from 'valibot';
import { type DoctorReport, DoctorReportSchema } from '../model/finding.ts';
import { type Prompts, PromptsSchema } from '../model/prompt.ts';
import { type Snapshot, SnapshotSchema, type TunnelSnapshot, TunnelSnapshotSchema } from '../model/snapshot.ts';
import { type Story, StorySchema } from '../model/story.ts';
import { AnswerReplySchema, ChangeReplySchema, HealthSchema, isKnownEvent, LogLineSchema, SupervisorEventSchema } from './contract.ts';
import type {
  AgentRequest,
  AnswerReply,
  AnswerRequest,
  ChangeReply,
  ChangeRequest,
  DoctorRequest,
  Health,
  LogLine,
  LogQuery,
  SupervisorEvent,
  UpRequest,
} from './contract.ts';
import { type Call, createCaller } from './client-call.ts';
import { untilGone } from './client-gone.ts';
import { checked } from './client-reply.ts';
import { readEvents } from './client-stream.ts';

/**
 * The supervisor as seen by a client. Every method rejects with a ProblemError: `no-supervisor` when nobody
 * answers at the socket (or stops answering), `supervisor-wedged` when it accepts and stays silent,
 * the supervisor's own problem when it refuses, `supervisor-refused` when its answer cannot be understood.
 */
export interface SupervisorClient {
  health(): Promise<Health>;
  /** All tunnels without names; `tunnel-not-found` for a name that there is not. */
  status(names?: readonly string[]): Promise<Snapshot>;
  /** Resolves at once; the state follows, see `events`. */
  up(name: string, request: UpRequest): Promise<TunnelSnapshot>;
  /** Applies a changed profile to a tunnel that there is; no more than what differs is touched. */
  change(name: string, request: ChangeRequest): Promise<ChangeReply>;
  /** Resolves when every binding is free. */
  down(name: string): Promise<TunnelSnapshot>;
  /** Resolves when the old bindings are free and the new dial is under way. */
  restart(name: string, request?: AgentRequest): Promise<TunnelSnapshot>;
  /** The last episodes of trouble with its bindings, the oldest first. */
  story(name: string): Promise<Story>;
  /** Looks at everything that could keep profiles from coming up; takes as long as their hops take to answer. */
  doctor(request: DoctorRequest): Promise<DoctorReport>;
  /** What a person is asked. */
  prompts(): Promise<Prompts>;
  /** Rejects with `prompt-gone`, or `answer-unfit` where the question waits on. */
  answer(prompt: string, request: AnswerRequest): Promise<AnswerReply>;
  /** Says no. Rejects with `prompt-gone`. */
  decline(prompt: string): Promise<AnswerReply>;
  /** Begins with one `snapshot`, with no gap to the changes that follow; ends quietly when `signal` aborts. */
  events(signal: AbortSignal): AsyncIterable<SupervisorEvent>;
  /** The last `lines` that match, then, with `follow`, each new one until `signal` aborts. */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Resolves when the supervisor has gone. */
  stop(): Promise<void>;
  /** What the last answer said its version was; null before the first. */
  readonly serverVersion: string | null;
}

/** A client over the Unix socket (or named pipe) at `socketPath`; opens no connection before the first call. */
export function createClient(socketPath: string): SupervisorClient {
  const call = createCaller(socketPath);
  const json: Json = async (request, schema) => checked(schema, await call.json(request));

  return {
    get serverVersion() {
      return call.serverVersion();
    },
    health: () => json({ method: 'GET', path: '/v1/health', patienceMs: PATIENCE_MS.health }, HealthSchema),
    status: (names = []) => json({ method: 'GET', path: statusPath(names), patienceMs: PATIENCE_MS.quick }, SnapshotSchema),
    up: (name, body) => json({ method: 'PUT', path: tunnelPath(name), body, patienceMs: PATIENCE_MS.quick }, TunnelSnapshotSchema),
    change: (name, body) =>
      json({ method: 'PUT', path: `${tunnelPath(name)}/profile`, body, patienceMs: PATIENCE_MS.quick }, ChangeReplySchema),
    down: (name) => json({ method: 'DELETE', path: tunnelPath(name), patienceMs: PATIENCE_MS.closing }, TunnelSnapshotSchema),
    restart: (name, body = {}) =>
      json({ method: 'POST', path: `${tunnelPath(name)}/restart`, body, patienceMs: PATIENCE_MS.closing }, TunnelSnapshotSchema),
    story: (name) => json({ method: 'GET', path: `${tunnelPath(name)}/story`, patienceMs: PATIENCE_MS.quick }, StorySchema),
    doctor: (body) => json({ method: 'POST', path: '/v1/doctor', body, patienceMs: examiningMs(body) }, DoctorReportSchema),
    ...promptCalls(json),
    events: (signal) =>
      readEvents({
        open: () => call.stream('/v1/events', signal),
        schema: SupervisorEventSchema,
        isKnown: isKnownEvent,
        signal,
        end: 'gone',
      }),
    logs: (query, signal) =>
      readEvents({ open: () => call.stream(logsPath(query), signal), schema: LogLineSchema, signal, end: query.follow ? 'gone' : 'done' }),
    stop: () =>
      untilGone(
        (signal) => call.stream('/v1/events', signal),
        () => call.json({ method: 'POST', path: '/v1/stop', patienceMs: PATIENCE_MS.quick }),
      ),
  };
}

type Json = <S extends v.GenericSchema>(request: Call, schema: S) => Promise<v.InferOutput<S>>;

const promptCalls = (json: Json): Pick<SupervisorClient, 'prompts' | 'answer' | 'decline'> => ({
  prompts: () => json({ method: 'GET', path: '/v1/prompts', patienceMs: PATIENCE_MS.quick }, PromptsSchema),
  answer: (id, body) => json({ method: 'POST', path: promptPath(id), body, patienceMs: PATIENCE_MS.answering }, AnswerReplySchema),
  decline: (id) => json({ method: 'DELETE', path: promptPath(id), patienceMs: PATIENCE_MS.quick }, AnswerReplySchema),
});

/** How long a silent supervisor is waited for; a keychain may be slow to take an answer, and closing may take as long as connections may take to drain. */
const PATIENCE_MS = { health: 3_000, quick: 10_000, answering: 20_000, closing: 60_000, examining: 60_000 } as const;

const examiningMs = ({ profiles, tunnels = [] }: DoctorRequest): number => PATIENCE_MS.examining * (profiles.length + tunnels.length + 1);

const tunnelPath = (name: string): string => `/v1/tunnels/${encodeURIComponent(name)}`;
const promptPath = (id: string): string => `/v1/prompts/${encodeURIComponent(id)}`;
const statusPath = (names: readonly string[]): string => `/v1/status${queryOf(names.map((name): [string, string] => ['name', name]))}`;
const logsPath = (query: LogQuery): string =>
  `/v1/logs${queryOf(Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]))}`;

const queryOf = (pairs: [string, string][]): string => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`);
