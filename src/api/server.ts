import type { RequestListener } from 'node:http';
import type { Finding } from '../model/finding.ts';
import { type Memory, SCHEMA_VERSION, type TunnelSnapshot } from '../model/snapshot.ts';
import type { Story } from '../model/story.ts';
import type { Clock } from '../platform/clock.ts';
import { answering } from './answering.ts';
import {
  type AgentRequest,
  type ChangeReply,
  type ChangeRequest,
  type DoctorRequest,
  type Health,
  type LogLine,
  type LogQuery,
  type UpRequest,
} from './contract.ts';
import { createRouter, type Routes } from './router.ts';
import {
  agentRequestOf,
  changeRequestOf,
  doctorRequestOf,
  foretellRequestOf,
  knownName,
  logQueryOf,
  tunnelName,
  upRequestOf,
} from './server-input.ts';
import { type PromptsPort, promptRoutes } from './server-prompts.ts';
import { openEventStream, openLogStream } from './server-streams.ts';

/** What the API needs of the tunnels; see each route in contract.ts. Rejections and throws are ProblemErrors. */
export interface TunnelsPort {
  snapshot(names?: readonly string[]): TunnelSnapshot[];
  foretell(names: readonly string[]): void;
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
export function createApi(needs: ApiNeeds): RequestListener {
  const routes = { ...ownRoutes(needs), ...tunnelRoutes(needs.tunnels), ...promptRoutes(needs.prompts), ...streamRoutes(needs) };
  return answering(createRouter(routes), needs);
}

const ownRoutes = (needs: ApiNeeds): Routes => ({
  'GET /v1/health': () => ({ json: needs.health() }),
  'GET /v1/status': ({ query }) => ({ json: snapshot(needs, query.getAll('name')) }),
  'POST /v1/doctor': async ({ body, gone }) => {
    const request = doctorRequestOf(await body());
    request.tunnels?.forEach((name) => knownIn(needs.tunnels, name));
    const findings = await needs.doctor.examine(request, AbortSignal.any([gone, needs.ending]));
    return { json: { schemaVersion: SCHEMA_VERSION, findings } };
  },
  'POST /v1/stop': () => {
    needs.stop();
    return { json: needs.health() };
  },
});

const streamRoutes = (needs: ApiNeeds): Routes => ({
  'GET /v1/events': () => openEventStream(needs, () => ({ type: 'snapshot', snapshot: snapshot(needs, []) })),
  'GET /v1/logs': ({ query }) => openLogStream(needs, logQueryOf(Object.fromEntries(query))),
});

const tunnelRoutes = (tunnels: TunnelsPort): Routes => ({
  'POST /v1/foretell': async ({ body }) => {
    tunnels.foretell(foretellRequestOf(await body()).names);
    return { json: {} };
  },
  'PUT /v1/tunnels/:name': async ({ param, body }) => {
    const name = tunnelName(param('name'));
    return { json: await tunnels.up(name, upRequestOf(await body())) };
  },
  'PUT /v1/tunnels/:name/profile': async ({ param, body }) => {
    const name = knownIn(tunnels, param('name'));
    return { json: tunnels.change(name, changeRequestOf(await body())) };
  },
  'POST /v1/tunnels/:name/restart': async ({ param, body }) => {
    const name = knownIn(tunnels, param('name'));
    return { json: await tunnels.restart(name, agentRequestOf(await body())) };
  },
  'DELETE /v1/tunnels/:name': async ({ param }) => ({ json: await tunnels.down(knownIn(tunnels, param('name'))) }),
  'GET /v1/tunnels/:name/story': ({ param }) => ({ json: tunnels.story(knownIn(tunnels, param('name'))) }),
});

function snapshot({ health, memory, tunnels }: ApiNeeds, names: readonly string[]) {
  const { pid, version, since } = health();
  const chosen = names.length === 0 ? tunnels.snapshot() : tunnels.snapshot(names.map((name) => knownIn(tunnels, name)));
  return { schemaVersion: SCHEMA_VERSION, supervisor: { pid, version, since, memory: memory() }, tunnels: chosen } as const;
}

const knownIn = (tunnels: TunnelsPort, name: string): string =>
  knownName(
    name,
    tunnels.snapshot().map((tunnel) => tunnel.name),
  );
