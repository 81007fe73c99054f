import { problem, ProblemError } from '../../model/problem.ts';
import type { Context } from '../command.ts';

/**
 * Asks for a yes. Throws `trust-declined`, or where nobody can be asked `trust-unasked`, which names the flag; rejects with
 * `interrupted` at Ctrl-C.
 */
export async function confirmTrust(names: readonly string[], { keyboard, screen, interrupt }: Context): Promise<void> {
  const facts = { names: names.join(' ') };
  if (keyboard === null || screen.mode.json) throw new ProblemError(problem('trust-unasked', facts));
  const answer = await keyboard.ask(`Trust ${names.join(', ')} as shown? [y/N] `, { echo: true, signal: interrupt.signal });
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new ProblemError(problem('trust-declined', facts));
}
