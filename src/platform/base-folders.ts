import { hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

// Without problems and their words: the command looks here for its compiled form before it has anything else.

type Env = Readonly<Record<string, string | undefined>>;

/** `TUNNELS_HOME` made absolute; null where it is unset or empty. */
export const ownHome = (env: Env): string | null => (env['TUNNELS_HOME'] ? resolve(env['TUNNELS_HOME']) : null);

/** XDG Base Directory Specification: "If an implementation encounters a relative path ... it should ... ignore it." */
export const baseIn = (value: string | undefined): string | null => (value !== undefined && isAbsolute(value) ? value : null);

/** Where state lies without TUNNELS_HOME. */
export const stateIn = (env: Env, home: string): string => join(baseIn(env['XDG_STATE_HOME']) ?? join(home, '.local', 'state'), 'tunnels');

/** Where the socket and the lock lie without TUNNELS_HOME, in the folder of the state. */
export const runtimeIn = (state: string): string => join(state, 'run', hostname());

/** Not on Windows, where it is a pipe. */
export const socketIn = (runtime: string): string => join(runtime, 'supervisor.sock');
