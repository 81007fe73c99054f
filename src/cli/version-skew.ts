import type { SupervisorClient } from '../api/client.ts';
import { problem } from '../model/problem.ts';
import { VERSION } from '../platform/version.ts';
import type { Context } from './command.ts';

/** Says it when the supervisor that answered is of another version; call it after an answer. */
export function tellSkew(client: SupervisorClient, { screen }: Context): void {
  const server = client.serverVersion;
  if (server !== null && server !== VERSION && !screen.mode.quiet) screen.explain(problem('version-skew', { client: VERSION, server }));
}
