import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Finding } from '../model/finding.ts';
import { type Memory, SCHEMA_VERSION, type TunnelSnapshot } from '../model/snapshot.ts';
import type { Story } from '../model/story.ts';
import type { Clock } from '../platform/clock.ts';
import { VERSION } from '../platform/version.ts';
import {
  type AgentRequest,
  type ChangeReply,
  type ChangeRequest,
  type DoctorRequest,
  type Health,
  type LogLine,
  type LogQuery,
  MAX_BODY_BYTES,
  type UpRequest,
  VERSION_HEADER,
} from './contract.ts';
import { answer, refuse } from './server-failure.ts';
import { agentRequestOf, changeRequestOf, doctorRequestOf, knownName, logQueryOf, tunnelName, upRequestOf } from './server-input.ts';
import { type PromptsPort, promptRoutes } from './server-prompts.ts';
import { openEventStream, openLogStream } from './server-streams.ts';

/** What the API needs of the tunnels; see each route in contract.ts. Rejections and throws are ProblemErrors. */
export interface TunnelsPort {
  snapshot(names?: readonly string[]): TunnelSnapshot[];
  up(name: string, request: UpRequest): TunnelSnapshot | Promise<TunnelSnapshot>;
  change(name: string, request: ChangeRequest): ChangeReply;
  down(name: string): Promise<TunnelSnapshot>;
  restart(name: string, request: AgentRequest): Promise<TunnelSnapshot>;
  story(name: string): Story;
  /** Every change after this call; returns its own cancellation. */
  subscribe(listener: (event: TunnelEvent) => void): () => void;
}
export type TunnelEvent = { type: 'tunnel'; tunnel: TunnelSnapshot } | { type: 'gone'; name: string };

export interface LogPort {
  /** The lines that the query asks for; the listener gets every later one (of this name), with no gap between. */
  follow(query: LogQuery, listener: (line: LogLine) => void): Promise<{ history: readonly LogLine[]; cancel: () => void }>;
}

export interface DoctorPort {
  /** Rejects with the signal's reason when nobody waits any more. */
  examine(request: DoctorRequest, signal: AbortSignal): Promise<readonly Finding[]>;
}

export type ApiNeeds = {
  readonly tunnels: TunnelsPort;
  readonly prompts: PromptsPort;
  readonly doctor: DoctorPort;
  readonly logs: LogPort;
  readonly health: () => Health;
  readonly memory: () => Memory;
  /** Begins the end of the supervisor and returns. */
  readonly stop: () => void;
  /** Aborted when every stream is to end. */
  readonly ending: AbortSignal;
  readonly clock: Clock;
};

/** The routes of contract.ts over `needs`. Knows nothing of sockets. */
export function createApi(needs: ApiNeeds): Hono {
  const { tunnels } = needs;
  const known = (name: string): string =>
    knownName(
      name,
      tunnels.snapshot().map((tunnel) => tunnel.name),
    );
  const snapshot = (names: readonly string[]) => {
    const { pid, version, since } = needs.health();
    const chosen = names.length === 0 ? tunnels.snapshot() : tunnels.snapshot(names.map(known));
    return { schemaVersion: SCHEMA_VERSION, supervisor: { pid, version, since, memory: needs.memory() }, tunnels: chosen } as const;
  };

  return guarded(new Hono())
    .get('/v1/health', (c) => c.json(needs.health()))
    .get('/v1/status', (c) => c.json(snapshot(c.req.queries('name') ?? [])))
    .route('/v1/tunnels', tunnelRoutes(tunnels, known))
    .post('/v1/doctor', async (c) => {
      const request = doctorRequestOf(await c.req.text());
      request.tunnels?.forEach(known);
      const findings = await needs.doctor.examine(request, AbortSignal.any([c.req.raw.signal, needs.ending]));
      return c.json({ schemaVersion: SCHEMA_VERSION, findings });
    })
    .route('/v1/prompts', promptRoutes(needs.prompts))
    .get('/v1/events', () => openEventStream(needs, () => ({ type: 'snapshot', snapshot: snapshot([]) })))
    .get('/v1/logs', async (c) => openLogStream(needs, logQueryOf(c.req.query())))
    .post('/v1/stop', (c) => {
      needs.stop();
      return c.json(needs.health());
    });
}

function tunnelRoutes(tunnels: TunnelsPort, known: (name: string) => string): Hono {
  return new Hono()
    .put('/:name', async (c) => {
      const name = tunnelName(c.req.param('name'));
      const request = upRequestOf(await c.req.text());
      return c.json(await tunnels.up(name, request));
    })
    .put('/:name/profile', async (c) => {
      const name = known(c.req.param('name'));
      return c.json(tunnels.change(name, changeRequestOf(await c.req.text())));
    })
    .post('/:name/restart', async (c) => {
      const name = known(c.req.param('name'));
      const request = agentRequestOf(await c.req.text());
      return c.json(await tunnels.restart(name, request));
    })
    .delete('/:name', async (c) => c.json(await tunnels.down(known(c.req.param('name')))))
    .get('/:name/story', (c) => c.json(tunnels.story(known(c.req.param('name')))));
}

/** Failures as ApiFailure, the version in every answer, and nothing for web pages: a browser sends its page's Origin. */
function guarded(app: Hono): Hono {
  app.onError((error, c) => {
    const { status, body } = answer(error);
    return c.json(body, status, { [VERSION_HEADER]: VERSION });
  });
  app.notFound((c) => {
    throw refuse(`there is no ${c.req.method} ${c.req.path}`, 404);
  });
  app.use(async (c, next) => {
    if (c.req.header('origin') !== undefined) throw refuse('web pages may not use it', 403);
    await next();
    c.res.headers.set(VERSION_HEADER, VERSION);
  });
  const onError = (): never => {
    throw refuse(`the request is larger than ${MAX_BODY_BYTES} bytes`, 413);
  };
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError }));
  return app;
}
