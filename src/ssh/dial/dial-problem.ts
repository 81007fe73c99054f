import { type Problem, problem } from '../../model/problem.ts';
import { type From, problemOfSource } from './source-address.ts';

type At = { readonly host: string; readonly port: number; readonly from?: From | null };

/** What a system error code of connect(2) says. */
export function problemOfDial(at: At, error: NodeJS.ErrnoException): Problem {
  const where = { host: at.host, port: at.port };
  const code = error.code ?? 'UNKNOWN';
  if (error.syscall === 'bind' && at.from) return problemOfSource(at.host, at.from, code);
  switch (code) {
    case 'ECONNREFUSED':
      return problem('connect-refused', where);
    case 'ETIMEDOUT':
      return problem('connect-timeout', { ...where, ms: 0 });
    case 'ECONNRESET':
    case 'EPIPE':
      return problem('connection-reset', { ...where, code });
    default:
      return problem('network-unreachable', { ...where, code });
  }
}
