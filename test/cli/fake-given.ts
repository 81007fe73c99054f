import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { SupervisorClient } from '../../src/api/client.ts';
import type {
  AnswerReply,
  AnswerRequest,
  ChangeReply,
  ChangeRequest,
  DoctorRequest,
  LogLine,
  SupervisorEvent,
  UpRequest,
} from '../../src/api/contract.ts';
import type { Given, Output, RunOptions } from '../../src/cli/given.ts';
import type { Keyboard } from '../../src/cli/keyboard.ts';
import { main } from '../../src/cli/main.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Prompt } from '../../src/model/prompt.ts';
import type { Memory, TunnelSnapshot } from '../../src/model/snapshot.ts';
import type { Story } from '../../src/model/story.ts';
import { pathsFor } from '../../src/platform/paths.ts';

/** What a fake supervisor has and says. Calls to it are recorded in `calls`. */
export type FakeSupervisor = {
  tunnels: TunnelSnapshot[];
  memory?: Memory;
  /** Each list is what one call of `events` gives; the last one then stays open until it is aborted. */
  events?: SupervisorEvent[][];
  /** In place of `events`: what one call of it gives; it then stays open. */
  stream?: (signal: AbortSignal) => AsyncIterable<SupervisorEvent>;
  logs?: LogLine[];
  /** What `why` is told; no trouble where a tunnel has none. */
  stories?: Story[];
  /** What the doctor finds; what it was asked is in `examined`. */
  findings?: Finding[];
  /** What logins ask. */
  prompts?: Prompt[];
  onAnswer?: (id: string, request: AnswerRequest) => AnswerReply;
  onUp?: (name: string, request: UpRequest) => TunnelSnapshot;
  onChange?: (name: string, request: ChangeRequest) => ChangeReply['change'];
  version?: string;
};

export type World = {
  supervisor: FakeSupervisor | null;
  readonly calls: string[];
  readonly requests: { name: string; request: UpRequest }[];
  readonly changes: { name: string; request: ChangeRequest }[];
  readonly runs: RunOptions[];
  readonly examined: DoctorRequest[];
  readonly answers: ({ id: string } & AnswerRequest)[];
  readonly home: string;
  readonly interrupt: AbortController;
  readonly unread: AbortController;
  readonly waits: { ms: number; wake: () => void; cancelled?: boolean }[];
  tty: boolean;
  keyboard: Keyboard | null;
  readonly stdin: string[];
  env: Record<string, string>;
  /** Told when a stream of events has given all it has. */
  onDrained: () => void;
};

export const NOW = Date.parse('2026-11-23T08:03:00.000Z');

export function makeWorld(changes: Partial<World> = {}): World {
  const home = mkdtempSync(join(tmpdir(), 'tunnels-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return {
    supervisor: { tunnels: [] },
    calls: [],
    requests: [],
    changes: [],
    runs: [],
    examined: [],
    answers: [],
    home,
    interrupt: new AbortController(),
    unread: new AbortController(),
    waits: [],
    tty: false,
    keyboard: null,
    stdin: [],
    env: {},
    onDrained: () => {},
    ...changes,
  };
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string; readonly json: () => Printed };
/** The parts of printed documents that tests look into one by one. */
type Printed = { readonly tunnels: TunnelSnapshot[]; readonly profiles: object[]; readonly settings: object };

/** Runs one command line in the fake world. */
export async function run(world: World, ...argv: string[]): Promise<Ran> {
  const stdout = new Recorder(world.tty);
  const stderr = new Recorder(world.tty);
  const code = await main(argv, givenFor(world, { stdout, stderr }));
  return { code, out: stdout.text, err: stderr.text, json: () => JSON.parse(stdout.text) as Printed };
}

function givenFor(world: World, { stdout, stderr }: { stdout: Output; stderr: Output }): Given {
  const env = { TUNNELS_HOME: world.home, HOME: world.home, ...world.env };
  return {
    env,
    cwd: world.home,
    paths: pathsFor(env),
    stdout,
    stderr,
    keyboard: world.keyboard,
    async *stdinLines() {
      yield* world.stdin;
    },
    clock: {
      now: () => NOW,
      monotonic: () => 0,
      after(ms, wake) {
        const wait: World['waits'][number] = { ms, wake };
        world.waits.push(wait);
        return () => void (wait.cancelled = true);
      },
    },
    interrupt: { signal: world.interrupt.signal, unread: world.unread.signal, release: () => void world.calls.push('release') },
    connect: async () => (world.supervisor === null ? null : fakeClient(world)),
    ensureSupervisor: async () => {
      world.calls.push('ensure');
      world.supervisor ??= { tunnels: [] };
      return fakeClient(world);
    },
    runSupervisor: async (options) => {
      world.runs.push(options);
      return 0;
    },
  };
}

class Recorder extends PassThrough {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 80;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
    this.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }
  clearLine = (): boolean => true;
  cursorTo = (): boolean => true;
  moveCursor = (): boolean => true;
}

function fakeClient(world: World): SupervisorClient {
  const supervisor = world.supervisor as FakeSupervisor;
  const find = (name: string): TunnelSnapshot => supervisor.tunnels.find((one) => one.name === name) ?? tunnel({ name });
  return {
    serverVersion: supervisor.version ?? null,
    health: async () => ({ pid: 4711, version: '1.0.0', apiVersion: 1, since: '2026-11-23T08:00:00.000Z', home: world.home }),
    status: async (names = []) => ({
      schemaVersion: 1,
      supervisor: {
        pid: 4711,
        version: '1.0.0',
        since: '2026-11-23T08:00:00.000Z',
        ...(supervisor.memory && { memory: supervisor.memory }),
      },
      tunnels: supervisor.tunnels.filter((one) => names.length === 0 || names.includes(one.name)),
    }),
    async up(name, request) {
      world.requests.push({ name, request });
      return supervisor.onUp?.(name, request) ?? find(name);
    },
    async change(name, request) {
      world.changes.push({ name, request });
      return { tunnel: find(name), change: supervisor.onChange?.(name, request) ?? null };
    },
    story: async (name) => supervisor.stories?.find((one) => one.tunnel === name) ?? { schemaVersion: 1, tunnel: name, episodes: [] },
    async doctor(request) {
      world.examined.push(request);
      return { schemaVersion: 1, findings: supervisor.findings ?? [] };
    },
    async down(name) {
      world.calls.push(`down ${name}`);
      return { ...find(name), wanted: 'down', state: 'down' };
    },
    async restart(name) {
      world.calls.push(`restart ${name}`);
      return find(name);
    },
    prompts: async () => ({ schemaVersion: 1, prompts: supervisor.prompts ?? [] }),
    async answer(id, request) {
      world.answers.push({ id, ...request });
      return supervisor.onAnswer?.(id, request) ?? { id, warning: null };
    },
    async decline(id) {
      world.calls.push(`decline ${id}`);
      return { id, warning: null };
    },
    async *events(signal) {
      const events = supervisor.events?.shift() ?? [];
      yield* supervisor.stream?.(signal) ?? events;
      world.onDrained();
      if ((supervisor.events?.length ?? 0) > 0) return;
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
    },
    async *logs(query) {
      world.calls.push(`logs ${JSON.stringify(query)}`);
      yield* supervisor.logs ?? [];
    },
    stop: async () => void world.calls.push('stop'),
  };
}

const SINCE = '2026-11-23T08:00:00.000Z';

export const forward = (changes: Partial<TunnelSnapshot['forwards'][number]> = {}): TunnelSnapshot['forwards'][number] => ({
  name: 'postgres',
  kind: 'local',
  on: 'local',
  listen: { host: '127.0.0.1', port: 15432 },
  to: { host: 'db.internal', port: 5432 },
  state: 'listening',
  since: SINCE,
  because: null,
  retryAt: null,
  connections: { open: 1, total: 5, failed: 0 },
  bytes: { sent: 1, received: 2 },
  lastFailure: null,
  warning: null,
  lastRecovery: null,
  ...changes,
});

export const tunnel = (changes: Partial<TunnelSnapshot> = {}): TunnelSnapshot => ({
  name: 'db-prod',
  wanted: 'up',
  state: 'up',
  since: SINCE,
  because: null,
  retryAt: null,
  reconnects: 0,
  hops: [{ host: 'bastion', port: 22, user: 'ann', state: 'up', rttMs: 1 }],
  forwards: [forward()],
  ...changes,
});

export const connecting = (changes: Partial<TunnelSnapshot> = {}): TunnelSnapshot =>
  tunnel({
    state: 'connecting',
    hops: [{ host: 'bastion', port: 22, user: 'ann', state: 'connecting', rttMs: null }],
    forwards: [forward({ state: 'down' })],
    ...changes,
  });

export const snapshotEvent = (...tunnels: TunnelSnapshot[]): SupervisorEvent => ({
  type: 'snapshot',
  snapshot: { schemaVersion: 1, supervisor: null, tunnels },
});
