import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { printDuration } from '../model/duration.ts';
import { ProblemError, problem } from '../model/problem.ts';
import { cutShort, type HttpAnswer, HttpRequest } from './client-http.ts';
import { failureOf, parsed } from './client-reply.ts';
import { MAX_BODY_BYTES, VERSION_HEADER } from './contract.ts';

export type Call = { readonly method: string; readonly path: string; readonly body?: unknown; readonly patienceMs: number };

export interface Caller {
  json(call: Call): Promise<unknown>;
  /** Resolves with the open stream once the supervisor has accepted it. */
  stream(path: string, signal: AbortSignal): Promise<Readable>;
  serverVersion(): string | null;
}

/** Somebody accepted the connection and then stayed silent; the cause of a `no-supervisor`. */
export class SilentError extends Error {
  override readonly name = 'SilentError';
}

/**
 * One connection for each call: a kept one could be closed by the other end just as it is used again,
 * and a Unix socket costs nothing to open.
 */
export function createCaller(socketPath: string): Caller {
  let version: string | null = null;
  const send = async (call: Call, signal?: AbortSignal): Promise<HttpAnswer> => {
    const response = await open({ socketPath, call, ...(signal && { signal }) });
    version = response.headers.get(VERSION_HEADER) ?? version;
    if (response.status === 200) return response;
    throw failureOf(await bodyOf(response));
  };
  return {
    json: async (call) => parsed(await bodyOf(await send(call))),
    stream: async (path, signal) => (await send({ method: 'GET', path, patienceMs: STREAM_PATIENCE_MS }, signal)).body,
    serverVersion: () => version,
  };
}

const STREAM_PATIENCE_MS = 10_000;

async function open(given: { socketPath: string; call: Call; signal?: AbortSignal }): Promise<HttpAnswer> {
  const { call, ...where } = given;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) throw new ProblemError(problem('request-too-large', { bytes, most: MAX_BODY_BYTES }));
  const { method, path } = call;
  const asked = new HttpRequest({ ...where, method, path, ...(body !== undefined && { body }) });
  const patience = setTimeout(() => asked.destroy(silent(call.patienceMs)), call.patienceMs);
  try {
    return await asked.answer;
  } catch (error) {
    throw noSupervisor(error);
  } finally {
    clearTimeout(patience);
  }
}

const silent = (ms: number): SilentError => new SilentError(`it accepted the connection and said nothing for ${printDuration(ms)}`);

async function bodyOf({ body, headers }: HttpAnswer): Promise<string> {
  try {
    const all = await text(body);
    if (Buffer.byteLength(all) < Number(headers.get('content-length') ?? 0)) throw cutShort();
    return all;
  } catch (error) {
    throw noSupervisor(error);
  }
}

/** `no-supervisor` with what the system said; the error stays its cause. */
export function noSupervisor(error: unknown): ProblemError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = error instanceof SilentError ? message : (code ?? message);
  return new ProblemError(problem('no-supervisor', { why }), { cause: error });
}
