import type { Problem } from '../../model/problem.ts';
import type { Meter } from '../../ssh/types.ts';

/** One forward's counts and last trouble with a connection; they live as long as the tunnel is known. */
export class Counters implements Meter {
  open = 0;
  total = 0;
  failed = 0;
  sent = 0;
  received = 0;
  lastFailure: { readonly problem: Problem; readonly at: number } | null = null;
  /** What is odd about the binding although it listens. */
  warning: Problem | null = null;
  onChange: () => void;

  constructor(onChange: () => void) {
    this.onChange = onChange;
  }

  /** False: that was known before. */
  warn(warning: Problem | null): boolean {
    const isNew = JSON.stringify(this.warning) !== JSON.stringify(warning);
    this.warning = warning;
    return isNew;
  }
}
