import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { SupervisorClient } from '../api/client.ts';
import { isProblemCode, type Problem, ProblemError, problem } from '../model/problem.ts';
import { startKeeper } from '../platform/keeper.ts';
import { readLock } from '../platform/lock-files.ts';
import { ownHome } from '../platform/base-folders.ts';
import type { Paths } from '../platform/paths.ts';
import { makeClosedDir, makePrivateDir } from '../platform/private-dir.ts';
import { livenessOf } from '../platform/process-identity.ts';
import { connect, wedged } from './connect.ts';
import { lastErrors } from './last-errors.ts';
import type { Env, LaunchOptions } from './launch.ts';

/**
 * The supervisor that runs, or a new one once it is ready. Never waits longer than 15 s, and a start that failed leaves nothing behind.
 * Rejects with the problem that kept it from starting, `supervisor-died` with its last words, or as `connect` does.
 */
export async function ensureRunning(paths: Paths, env: Env, options: LaunchOptions): Promise<SupervisorClient> {
  const deadline = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  while (performance.now() < deadline) {
    const client =
      (await connect(paths)) ?? (holderLives(paths) ? null : await start({ paths, env, program: options.program ?? ownProgram() }));
    if (client !== null) return client;
    await delay(POLL_MS);
  }
  if (holderLives(paths)) throw wedged(paths);
  throw new ProblemError(problem('no-supervisor', { why: 'none became ready in time' }));
}

const PATIENCE_MS = 15_000;
const POLL_MS = 50;
/** How long a keeper may try again after a first run that ended without a word. */
const SECOND_CHANCE_MS = 3_000;

/** Null when another one was faster, or went at once: to be looked at again. */
async function start(given: { paths: Paths; env: Env; program: string }): Promise<SupervisorClient | null> {
  const { paths, env, program } = given;
  makePrivateDir(paths.state);
  makeClosedDir(paths.runtime);
  makeClosedDir(paths.logs);
  const keeper = startKeeper({ program, logs: paths.logs, env: withAbsoluteHome(env) });
  const patience = new AbortController();
  try {
    const line = await Promise.race([keeper.ready, delay(PATIENCE_MS, null, { signal: patience.signal })]);
    if (line?.ready === true) return await connect(paths);
    if (line !== null && line.code === 'supervisor-runs') return null;
    const client = line === null ? await secondChance(paths) : null;
    if (client !== null) return client;
    keeper.abandon();
    throw new ProblemError(line === null ? problem('supervisor-died', { why: lastErrors(paths.logs) }) : problemIn(line));
  } finally {
    patience.abort();
    keeper.release();
  }
}

/** The supervisor runs in `/`, where a relative path would mean another directory. */
function withAbsoluteHome(env: Env): Env {
  const own = ownHome(env);
  return own === null ? env : { ...env, TUNNELS_HOME: own };
}

async function secondChance(paths: Paths): Promise<SupervisorClient | null> {
  const until = performance.now() + SECOND_CHANCE_MS;
  while (performance.now() < until) {
    const client = await connect(paths);
    if (client !== null) return client;
    await delay(POLL_MS);
  }
  return null;
}

const problemIn = ({ code, facts }: { code: string; facts: object }): Problem =>
  isProblemCode(code) ? ({ code, facts } as unknown as Problem) : problem('supervisor-died', { why: code });

function holderLives(paths: Paths): boolean {
  const holder = readLock(paths.runtime)?.holder ?? null;
  return holder !== null && livenessOf(holder) === 'alive';
}

/** Beside this file in the package, or one above it in a chunk. */
function ownProgram(): string {
  const candidates = ['./tunnels-supervisor.js', '../tunnels-supervisor.js'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new ProblemError(problem('supervisor-died', { why: `its program is missing: ${candidates[0]}` }));
}
