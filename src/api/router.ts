import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from './contract.ts';
import { refuse } from './server-failure.ts';
import type { EventStream } from './sse.ts';

export type Asked = {
  /** What stands in the path where the route has `:name`, decoded. */
  param(name: string): string;
  readonly query: URLSearchParams;
  /** Throws what is to be answered when there is more than the limit. */
  body(): Promise<string>;
  /** Aborted when nobody waits for the answer any more. */
  readonly gone: AbortSignal;
};

/** A JSON document, or a stream of them: `begin` is as in sse.ts. */
export type Reply = { readonly json: unknown } | { readonly begin: (stream: EventStream) => () => void };
export type Handler = (asked: Asked) => Reply | Promise<Reply>;
/** By method and path, such as `PUT /v1/tunnels/:name`. */
export type Routes = Readonly<Record<string, Handler>>;

export type Router = (request: IncomingMessage, gone: AbortSignal) => Reply | Promise<Reply>;

/**
 * Calls the handler whose route fits, and throws what is to be answered where none does. Over node's own HTTP: with the
 * classes of fetch, on which frameworks build, a supervisor would be some 4 MB larger.
 */
export function createRouter(routes: Routes): Router {
  const known = Object.entries(routes).map(([route, handler]) => ({ pattern: wordsOf(route), handler }));
  return (request, gone) => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
    const words = wordsOf(`${request.method} ${path}`);
    const found = known.find(({ pattern }) => fits(pattern, words));
    if (found === undefined) throw refuse(`there is no ${request.method} ${path}`, 404);
    return found.handler({
      param: (name) => decoded(words[found.pattern.indexOf(`:${name}`)] ?? ''),
      query: new URLSearchParams(query),
      body: () => bodyOf(request),
      gone,
    });
  };
}

const wordsOf = (route: string): string[] => route.split('/');

const fits = (pattern: readonly string[], words: readonly string[]): boolean =>
  pattern.length === words.length && pattern.every((word, at) => word === words[at] || (word.startsWith(':') && words[at] !== ''));

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    throw refuse(`${JSON.stringify(word)} is not encoded as paths are`);
  }
}

/** Of a body that is too large the rest is not kept. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

export const tooLarge = () => refuse(`the request is larger than ${MAX_BODY_BYTES} bytes`, 413);
