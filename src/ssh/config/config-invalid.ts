import { problem, ProblemError } from '../../model/problem.ts';
import type { Hop } from '../../model/profile.ts';

/** `detail` is a sentence, or what ssh(1) said. */
export const configInvalid = (hop: Hop, detail: string): ProblemError =>
  new ProblemError(problem('ssh-config-invalid', { host: hop.host, detail }));
