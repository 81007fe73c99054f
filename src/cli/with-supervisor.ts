import type { SupervisorClient } from '../api/client.ts';
import type { Context } from './command.ts';
import type { Env } from './given.ts';
import { loadSettings, type Settings } from './settings.ts';

/** A running supervisor, started where there was none. Throws a ProblemError with exit code 6 where that fails. */
export async function withSupervisor(context: Context, looked: Looked = NOBODY): Promise<SupervisorClient> {
  const { settings } = settingsOf(context);
  return (await looked) ?? (await context.ensureSupervisor(context.paths, supervisorEnv(context.env, settings)));
}

/** Null: none runs. */
type Looked = Promise<SupervisorClient | null>;
const NOBODY: Looked = Promise.resolve(null);

/** Asks whether one runs, and starts none: for who has something to read meanwhile that may be wrong. */
export function lookForSupervisor({ connect, paths }: Context): Looked {
  const looked = connect(paths);
  // Told to whoever then needs it.
  looked.catch(() => {});
  return looked;
}

/** The settings; says it when the file had to be set aside. */
export function settingsOf({ paths, screen }: Context): { readonly settings: Settings; readonly own: Partial<Settings> } {
  const { aside, ...read } = loadSettings(paths);
  if (aside !== null) screen.explain(aside);
  return read;
}

/** The setting decides how much is logged, unless this shell's TUNNELS_LOG does. */
export const supervisorEnv = (env: Env, { logLevel }: Settings): Env => ({ TUNNELS_LOG: logLevel, ...env });
