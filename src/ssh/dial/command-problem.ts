import { type ProblemCode, ProblemError, problem } from '../../model/problem.ts';
import type { CommandStream } from './command-stream.ts';

/** What a session is told when its carrier ends; where that was the end of a command, the command knows better. */
const ENDED = new Set<ProblemCode>(['closed-before-greeting', 'connection-reset', 'handshake-failed']);
/** sh(1): it is not there, or cannot be run. */
const NOT_RUN = new Set<unknown>([126, 127]);

/** The error of a session that a ProxyCommand carried. */
export function errorBehindCommand(error: unknown, host: string, stream: CommandStream): unknown {
  if (!(error instanceof ProblemError)) return error;
  const { code, facts } = error.problem;
  if (code === 'handshake-timeout' && !stream.heard)
    return new ProblemError(problem('proxy-command-silent', { host, ms: facts.ms, said: stream.said }), { cause: error });
  const { fate } = stream;
  // One that ends without a complaint has passed on that the server closed the connection.
  if (!ENDED.has(code) || fate === null || fate.exit === 0) return error;
  if (NOT_RUN.has(fate.exit) && !stream.heard)
    return new ProblemError(problem('proxy-command-not-run', { host, said: fate.said }), { cause: error });
  return new ProblemError(problem('proxy-command-failed', { host, ...fate }), { cause: error });
}
