import { type Problem, problem } from '../../../model/problem.ts';
import type { ResolvedHop } from '../../types.ts';

type Failure = { readonly file: string; readonly error: unknown; readonly what: 'new' | 'changed' };

/** A known_hosts file that could not be changed. ssh(1) goes on all the same, and so do we. */
export function unwritable({ host, port }: ResolvedHop, { file, error, what }: Failure): Problem {
  const { code } = error as NodeJS.ErrnoException;
  return problem('known-hosts-unwritable', { host, port, file, what, code: code ?? 'unknown' });
}
