import type { SupervisorClient } from '../api/client.ts';
import { EXIT } from '../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../model/snapshot.ts';
import type { Context } from './command.ts';
import { relativeTime } from './output/relative-time.ts';
import { tellSkew } from './version-skew.ts';

/** Prints what a running supervisor says of itself; `did` is what this command did about it. */
export async function tellHealth(
  client: SupervisorClient,
  { context, did }: { readonly context: Context; readonly did: string },
): Promise<number> {
  const health = await client.health();
  tellSkew(client, context);
  const since = relativeTime(health.since, context.clock.now());
  context.screen.show({
    document: () => ({ schemaVersion: SCHEMA_VERSION, supervisor: { pid: health.pid, version: health.version, since: health.since } }),
    text: () => `The supervisor ${did}: pid ${health.pid}, version ${health.version}, since ${since}.`,
  });
  return EXIT.done;
}

/** The same where none runs (any more). */
export function tellNone({ screen }: Context, text: string): number {
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, supervisor: null }), text: () => text });
  return EXIT.done;
}
