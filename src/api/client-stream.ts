import type { Readable } from 'node:stream';
import { createParser } from 'eventsource-parser';
import type * as v from 'valibot';
import { ProblemError, problem } from '../model/problem.ts';
import { noSupervisor } from './client-call.ts';
import { checked, parsed } from './client-reply.ts';

export type EventSource<S> = {
  readonly open: () => Promise<Readable>;
  readonly schema: S;
  readonly signal: AbortSignal;
  /** What is not is passed over: a newer supervisor may say more. */
  readonly isKnown?: (message: unknown) => boolean;
  /** What the end of the stream means: that all was said, or that the supervisor has gone. */
  readonly end: 'done' | 'gone';
};

/** The stream's messages, each checked; ends quietly when the signal aborts. Slow reading slows the sender. */
export async function* readEvents<S extends v.GenericSchema>(source: EventSource<S>): AsyncGenerator<v.InferOutput<S>> {
  try {
    for await (const data of messagesOf(await source.open())) {
      const message = parsed(data);
      if (source.isKnown?.(message) ?? true) yield checked(source.schema, message);
    }
  } catch (error) {
    if (source.signal.aborted) return;
    throw error instanceof ProblemError ? error : noSupervisor(error);
  }
  if (source.end === 'gone' && !source.signal.aborted) throw new ProblemError(problem('no-supervisor', { why: 'it has ended' }));
}

async function* messagesOf(response: Readable): AsyncGenerator<string> {
  const queue: string[] = [];
  const parser = createParser({ onEvent: (message) => queue.push(message.data) });
  for await (const chunk of response.setEncoding('utf8')) {
    parser.feed(chunk as string);
    yield* queue.splice(0);
  }
}
