import type { LogLine, LogQuery, SupervisorEvent } from './contract.ts';
import type { ApiNeeds } from './server.ts';
import { eventStream } from './sse.ts';

/** The snapshot and the subscription are taken in one go, so that no change falls between them. */
export const openEventStream = (needs: ApiNeeds, first: () => SupervisorEvent): Response =>
  eventStream(needs, (stream) => {
    stream.send(first());
    return needs.tunnels.subscribe((event) => stream.send(event));
  });

export async function openLogStream(needs: ApiNeeds, query: LogQuery): Promise<Response> {
  const waiting: LogLine[] = [];
  let send = (line: LogLine): void => void waiting.push(line);
  const { history, cancel } = await needs.logs.follow(query, (line) => send(line));
  return eventStream(needs, (stream) => {
    for (const line of [...history, ...waiting]) stream.send(line);
    if (query.follow !== true) stream.end();
    send = (line) => stream.send(line);
    return cancel;
  });
}
