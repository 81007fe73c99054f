import { existsSync } from 'node:fs';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The environment that a login is made in: the supervisor's own, with the agent of the command that asked for it.
 * Agents end with the login session that they belong to, so one whose socket is gone gives way to the supervisor's own.
 */
export const loginEnv = (own: Env, agent: string | undefined): NodeJS.ProcessEnv =>
  agent === undefined || !isThere(agent) ? own : { ...own, SSH_AUTH_SOCK: agent };

const isThere = (socket: string): boolean => process.platform === 'win32' || existsSync(socket);
