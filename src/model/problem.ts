import { printable } from './printable.ts';
import { BINDING, type BindingFacts } from './problems/binding.ts';
import { COMMAND_LINE, type CommandLineFacts } from './problems/command-line.ts';
import type { Entry, ExitCode, RetryClass } from './problems/entry.ts';
import { LOCAL_BINDING, type LocalBindingFacts } from './problems/local-binding.ts';
import { LOGIN, type LoginFacts } from './problems/login.ts';
import { NETWORK, type NetworkFacts } from './problems/network.ts';
import { PROFILE_FILES, type ProfileFilesFacts } from './problems/profile-files.ts';
import { PROMPT, type PromptFacts } from './problems/prompt.ts';
import { RECOVERY, type RecoveryFacts } from './problems/recovery.ts';
import { SIGNERS, type SignersFacts } from './problems/signers.ts';
import { SOURCE, type SourceFacts } from './problems/source.ts';
import { TRUST, type TrustFacts } from './problems/trust.ts';
import { USAGE, type UsageFacts } from './problems/usage.ts';
import { WAY, type WayFacts } from './problems/way.ts';

type FactsByCode = NetworkFacts &
  WayFacts &
  LoginFacts &
  PromptFacts &
  BindingFacts &
  LocalBindingFacts &
  RecoveryFacts &
  UsageFacts &
  SourceFacts &
  SignersFacts &
  TrustFacts &
  CommandLineFacts &
  ProfileFilesFacts;
export type ProblemCode = keyof FactsByCode;

/** A code and its facts. Words are looked up only where it is shown or logged. */
export type Problem = {
  readonly [Code in ProblemCode]: { readonly code: Code; readonly facts: FactsByCode[Code] };
}[ProblemCode];

export const problem = <Code extends ProblemCode>(code: Code, facts: FactsByCode[Code]): Problem => ({ code, facts }) as unknown as Problem;

const CATALOGUE = {
  ...NETWORK,
  ...WAY,
  ...LOGIN,
  ...PROMPT,
  ...BINDING,
  ...LOCAL_BINDING,
  ...RECOVERY,
  ...USAGE,
  ...SOURCE,
  ...SIGNERS,
  ...TRUST,
  ...COMMAND_LINE,
  ...PROFILE_FILES,
};

export const retryClassOf = (p: Problem): RetryClass => CATALOGUE[p.code].retry;
export const exitCodeOf = (p: Problem): ExitCode => CATALOGUE[p.code].exit;
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(CATALOGUE, code);

/**
 * What happened and why (`text`), and what to do now (`next`), with the name of the tunnel that is in trouble where it is
 * known. Facts may come from a server, so nothing of it can steer a terminal.
 */
export function wordsOf(p: Problem, tunnel = 'NAME'): { readonly text: string; readonly next: string } {
  const entry = CATALOGUE[p.code] as Entry<unknown>;
  return { text: printable(entry.text(p.facts)), next: printable(entry.next(p.facts, tunnel)) };
}

/** Carries a problem through code that throws. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(p: Problem, options?: ErrorOptions) {
    super(p.code, options);
    this.problem = p;
  }
}

/** The problem that an unknown error carries, or `internal`. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return problem('internal', { what: error instanceof Error ? error.message : String(error) });
}
