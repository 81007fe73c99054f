import type { Clock } from '../platform/clock.ts';

/** A text/event-stream (WHATWG HTML, section 9.2) of JSON documents. */
export interface EventStream {
  send(document: unknown): void;
  end(): void;
}

/** A comment now and then tells both ends that the other is still there. */
const HEARTBEAT_MS = 15_000;
/** A reader that is this far behind is cut off; it may connect again and begins with a fresh snapshot. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;

/** `begin` is called at once and returns what is to be undone when the stream ends, whoever ends it. */
export function eventStream(needs: { clock: Clock; ending: AbortSignal }, begin: (stream: EventStream) => () => void): Response {
  let finish = (): void => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        finish = run({ ...needs, controller, begin });
      },
      cancel: () => finish(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 64 * 1024 }),
  );
  return new Response(body, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}

type Running = {
  readonly clock: Clock;
  readonly ending: AbortSignal;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  readonly begin: (stream: EventStream) => () => void;
};

/** Returns how to finish, for when the reader has gone. */
function run({ clock, ending, controller, begin }: Running): () => void {
  let isOpen = true;
  let undo = (): void => {};
  let stopHeartbeat = (): void => {};

  const finish = (): void => {
    if (!isOpen) return;
    isOpen = false;
    stopHeartbeat();
    ending.removeEventListener('abort', end);
    undo();
  };
  const end = (): void => {
    if (!isOpen) return;
    finish();
    controller.close();
  };
  const write = (text: string): void => {
    if (!isOpen) return;
    controller.enqueue(new TextEncoder().encode(text));
    if ((controller.desiredSize ?? 0) >= -MAX_BEHIND_BYTES) return;
    finish();
    controller.error(new Error('the reader is too slow'));
  };
  const beat = (): void => {
    write(': here\n\n');
    if (isOpen) stopHeartbeat = clock.after(HEARTBEAT_MS, beat);
  };

  ending.addEventListener('abort', end);
  beat();
  undo = begin({ send: (document) => write(`data: ${JSON.stringify(document)}\n\n`), end });
  // It may have ended while it began, with nothing to undo yet.
  if (!isOpen) undo();
  if (ending.aborted) end();
  return finish;
}
