import { setImmediate as nextTurn } from 'node:timers/promises';
import { HttpRequest } from '../api/client-http.ts';
import { ownHome, runtimeIn, socketIn, stateIn } from '../platform/base-folders.ts';

// Without problems and their words, as it comes before the command itself is loaded.

export type ForetellGiven = { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string | undefined>> };

/**
 * Tells the supervisor which tunnels `up` is about to ask for, before their profiles are read: one that was up before is dialled
 * meanwhile. Nothing depends on it, so whatever is in its way is passed over in silence, and `up` itself finds out and says it.
 * Resolves when it is on its way; what it is answered is not waited for.
 */
export async function foretellUp({ argv, env }: ForetellGiven): Promise<void> {
  const names = namesIn(argv);
  const socketPath = names.length === 0 ? null : socketFor(env);
  if (socketPath === null) return;
  const body = JSON.stringify({ names });
  const asked = new HttpRequest({ socketPath, method: 'POST', path: '/v1/foretell', body });
  asked.answer.then(
    (answer) => answer.body.destroy(),
    () => {},
  );
  // The connection is there in the turn of the event loop after this one, and what was written goes out with it.
  await nextTurn();
  await nextTurn();
}

/** Whatever may be a name; values of options may be among them, and are no tunnels. */
function namesIn([command, ...rest]: readonly string[]): readonly string[] {
  if (command !== 'up' || rest.some((word) => INSTEAD.has(word))) return [];
  return rest.filter((word) => !word.startsWith('-'));
}

/** What these ask for is not done by the supervisor that runs. */
const INSTEAD: ReadonlySet<string> = new Set(['--foreground', '--help', '-h', '--version']);

/** Of a longer path node would take the beginning, where somebody else may listen: unix(7), and less elsewhere. */
const MOST_BYTES = 103;

/** Null where it is not found without more ado. */
function socketFor(env: ForetellGiven['env']): string | null {
  // There the pipe is named after the account.
  if (process.platform === 'win32') return null;
  const state = env['HOME'] ? stateIn(env, env['HOME']) : null;
  const runtime = ownHome(env) ?? (state && runtimeIn(state));
  const path = runtime && socketIn(runtime);
  return path !== null && Buffer.byteLength(path) <= MOST_BYTES ? path : null;
}
