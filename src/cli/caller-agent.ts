import { resolve } from 'node:path';
import type { AgentRequest } from '../api/contract.ts';
import type { Context } from './command.ts';

/** The agent of this shell, which the supervisor may not know: it was started from another one, maybe on another day. */
export function callerAgent({ env, cwd }: Pick<Context, 'env' | 'cwd'>): AgentRequest {
  const socket = env['SSH_AUTH_SOCK'];
  return socket ? { agent: socket.startsWith('\\\\') ? socket : resolve(cwd, socket) } : {};
}
