import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { printDuration } from '../model/duration.ts';
import { ProblemError, problem } from '../model/problem.ts';
import { failureOf, parsed } from './client-reply.ts';
import { MAX_BODY_BYTES, VERSION_HEADER } from './contract.ts';

export type Call = { readonly method: string; readonly path: string; readonly body?: unknown; readonly patienceMs: number };

export interface Caller {
  json(call: Call): Promise<unknown>;
  /** Resolves with the open stream once the supervisor has accepted it. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
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
  const send = async (call: Call, signal?: AbortSignal): Promise<IncomingMessage> => {
    const response = await open({ socketPath, call, ...(signal && { signal }) });
    const header = response.headers[VERSION_HEADER];
    if (typeof header === 'string') version = header;
    if (response.statusCode === 200) return response;
    throw failureOf(await bodyOf(response));
  };
  return {
    json: async (call) => parsed(await bodyOf(await send(call))),
    stream: (path, signal) => send({ method: 'GET', path, patienceMs: STREAM_PATIENCE_MS }, signal),
    serverVersion: () => version,
  };
}

const STREAM_PATIENCE_MS = 10_000;

function open(given: { socketPath: string; call: Call; signal?: AbortSignal }): Promise<IncomingMessage> {
  const { socketPath, call, signal } = given;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const bytes = body === undefined ? 0 : Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) return Promise.reject(new ProblemError(problem('request-too-large', { bytes, most: MAX_BODY_BYTES })));
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': bytes };
    const asked = request({ socketPath, method: call.method, path: call.path, headers, agent: false, ...(signal && { signal }) });
    const patience = giveUpAfter(call.patienceMs, asked);
    asked.on('error', (error) => reject(noSupervisor(error)));
    asked.on('response', (response) => {
      clearTimeout(patience);
      resolve(response);
    });
    asked.on('close', () => clearTimeout(patience));
    asked.end(body);
  });
}

const giveUpAfter = (ms: number, asked: ClientRequest): NodeJS.Timeout =>
  setTimeout(() => asked.destroy(new SilentError(`it accepted the connection and said nothing for ${printDuration(ms)}`)), ms);

async function bodyOf(response: IncomingMessage): Promise<string> {
  try {
    return await text(response);
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
