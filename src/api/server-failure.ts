import { exitCodeOf, type Problem, ProblemError, problem, problemOf, wordsOf } from '../model/problem.ts';
import { EXIT } from '../model/problems/entry.ts';
import type { ApiFailure } from './contract.ts';

/** A `supervisor-refused` with the HTTP status that goes with it. */
export class RefusedError extends ProblemError {
  readonly status: number;
  constructor(why: string, status: number) {
    super(problem('supervisor-refused', { why }));
    this.status = status;
  }
}

export const refuse = (why: string, status: number = 400): RefusedError => new RefusedError(why, status);

/** What a failed request is answered. */
export function answer(error: unknown): { status: number; body: ApiFailure } {
  const p = problemOf(error);
  const { text, next } = wordsOf(p);
  const status = error instanceof RefusedError ? error.status : statusOf(p);
  return { status, body: { code: p.code, facts: p.facts as ApiFailure['facts'], text, next } };
}

/** Of use to curl and to logs; our own client goes by the code. */
function statusOf(p: Problem): number {
  if (p.code === 'tunnel-not-found' || p.code === 'prompt-gone') return 404;
  const exit = exitCodeOf(p);
  if (exit === EXIT.usage) return 400;
  return exit === EXIT.personNeeded || exit === EXIT.bindingHeld ? 409 : 500;
}
