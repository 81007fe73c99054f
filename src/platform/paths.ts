import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ProblemError, problem } from '../model/problem.ts';
import { baseIn, ownHome, runtimeIn, socketIn, stateIn } from './base-folders.ts';

/** Where everything of one user lies. */
export type Paths = {
  /** Settings. */
  readonly config: string;
  /** The user's own profiles. */
  readonly profiles: string;
  /** Wanted state, approvals, session records. */
  readonly state: string;
  readonly logs: string;
  /** 0700; holds the socket and the supervisor's lock. */
  readonly runtime: string;
  readonly socket: string;
};

type Env = Readonly<Record<string, string | undefined>>;

/** `$HOME`, or what the password database says where it is unset. Throws `no-home` where that knows nothing: a container with a made-up uid. */
export function homeDirectory(env: Env): string {
  try {
    return env['HOME'] || userInfo().homedir;
  } catch (error) {
    throw new ProblemError(problem('no-home', {}), { cause: error });
  }
}

/**
 * `TUNNELS_HOME` puts everything under one directory; otherwise the XDG base directories are used.
 * The socket is not put in XDG_RUNTIME_DIR: that is unset under cron and removed at logout while the
 * supervisor lives on, and either would lead to a second supervisor. The host's name is part of the
 * path because a home directory may be shared by several machines.
 * All paths are absolute: the supervisor runs in another directory than the command that starts it.
 */
export function pathsFor(env: Env): Paths {
  const own = ownHome(env);
  if (own !== null) return layout({ config: own, state: own, runtime: own });
  const home = homeDirectory(env);
  const config = join(baseIn(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'tunnels');
  const state = stateIn(env, home);
  return layout({ config, state, runtime: runtimeIn(state) });
}

const layout = (base: { config: string; state: string; runtime: string }): Paths => ({
  ...base,
  profiles: join(base.config, 'profiles'),
  logs: join(base.state, 'logs'),
  socket:
    process.platform === 'win32'
      ? `\\\\.\\pipe\\tunnels-${userInfo().username}-${Buffer.from(base.runtime).toString('base64url')}`
      : socketIn(base.runtime),
});
