import type { ServerResponse } from 'node:http';
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

export type EventsGiven = {
  readonly clock: Clock;
  readonly ending: AbortSignal;
  readonly response: ServerResponse;
  /** Called at once; returns what is to be undone when the stream ends, whoever ends it. */
  readonly begin: (stream: EventStream) => () => void;
};

export function sendEvents({ clock, ending, response, begin }: EventsGiven): void {
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
    response.end();
  };
  const write = (text: string): void => {
    if (!isOpen) return;
    response.write(text);
    if (response.writableLength <= MAX_BEHIND_BYTES) return;
    finish();
    response.destroy();
  };
  const beat = (): void => {
    write(': here\n\n');
    if (isOpen) stopHeartbeat = clock.after(HEARTBEAT_MS, beat);
  };

  response.once('close', finish);
  ending.addEventListener('abort', end);
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  beat();
  undo = begin({ send: (document) => write(`data: ${JSON.stringify(document)}\n\n`), end });
  // It may have ended while it began, with nothing to undo yet.
  if (!isOpen) undo();
  // The reader may have gone, or the supervisor begun to end, while what begins it was made.
  if (response.destroyed) finish();
  if (ending.aborted) end();
}
