import type { SupervisorClient } from '../api/client.ts';
import type { Paths } from '../platform/paths.ts';

export { connect } from './connect.ts';

export type Env = Readonly<Record<string, string | undefined>>;
/** `program`: the supervisor's, where it is not the package's own. */
export type LaunchOptions = { readonly program?: string; readonly patienceMs?: number };

/** See ensure-supervisor.ts, which is loaded only when a command needs a supervisor to run. */
export async function ensureSupervisor(paths: Paths, env: Env, options: LaunchOptions = {}): Promise<SupervisorClient> {
  const { ensureRunning } = await import('./ensure-supervisor.ts');
  return await ensureRunning(paths, env, options);
}
