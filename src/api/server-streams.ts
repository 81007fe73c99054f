import type { Reply } from './router.ts';
import type { LogLine, LogQuery, SupervisorEvent } from './contract.ts';
import type { ApiNeeds } from './server.ts';

/** The snapshot and the subscription are taken in one go, so that no change falls between them. */
export const openEventStream = (needs: ApiNeeds, first: () => SupervisorEvent): Reply => ({
  begin(stream) {
    const send = (event: SupervisorEvent): void => stream.send(event);
    send(first());
    for (const prompt of needs.prompts.list()) send({ type: 'prompt', prompt });
    const cancels = [needs.tunnels.subscribe(send), needs.prompts.subscribe(send)];
    return () => cancels.forEach((cancel) => cancel());
  },
});

export async function openLogStream(needs: ApiNeeds, query: LogQuery): Promise<Reply> {
  const waiting: LogLine[] = [];
  let send = (line: LogLine): void => void waiting.push(line);
  const { history, cancel } = await needs.logs.follow(query, (line) => send(line));
  return {
    begin(stream) {
      for (const line of [...history, ...waiting]) stream.send(line);
      if (query.follow !== true) stream.end();
      send = (line) => stream.send(line);
      return cancel;
    },
  };
}
