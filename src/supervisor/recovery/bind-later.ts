import type { Problem } from '../../model/problem.ts';
import { ProblemError } from '../../model/problem.ts';

/** The binding cannot be had now; it is worth asking again after `retryAfterMs`. */
export class BindLater extends ProblemError {
  readonly retryAfterMs: number;
  constructor(because: Problem, retryAfterMs: number) {
    super(because);
    this.retryAfterMs = retryAfterMs;
  }
}
