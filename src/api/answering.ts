import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Clock } from '../platform/clock.ts';
import { VERSION } from '../platform/version.ts';
import { MAX_BODY_BYTES, VERSION_HEADER } from './contract.ts';
import { type Reply, type Router, tooLarge } from './router.ts';
import { answer, refuse } from './server-failure.ts';
import { sendEvents } from './sse.ts';

export type AnsweringNeeds = { readonly clock: Clock; readonly ending: AbortSignal };

/** Answers each request by the router: failures as ApiFailure, the version in every answer. */
export const answering = (router: Router, needs: AnsweringNeeds): RequestListener =>
  function listener(request, response) {
    // Who has gone needs no answer.
    response.on('error', () => {}).setHeader(VERSION_HEADER, VERSION);
    void reply({ request, response, router })
      .then((made) => send(response, made, needs))
      .catch((error: unknown) => sendFailure(response, error));
  };

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly router: Router };

async function reply({ request, response, router }: Exchange): Promise<Reply> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  guard(request);
  return await router(request, gone.signal);
}

/** Nothing for web pages: a browser sends its page's Origin. */
function guard({ headers }: IncomingMessage): void {
  if (headers.origin !== undefined) throw refuse('web pages may not use it', 403);
  if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
}

function send(response: ServerResponse, made: Reply, needs: AnsweringNeeds): void {
  if ('begin' in made) sendEvents({ ...needs, ...made, response });
  else sendJson(response, made.json);
}

function sendFailure(response: ServerResponse, error: unknown): void {
  // A stream that could not be begun.
  if (response.headersSent) return void response.destroy();
  const { status, body } = answer(error);
  response.statusCode = status;
  sendJson(response, body);
}

const sendJson = (response: ServerResponse, document: unknown): void =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
