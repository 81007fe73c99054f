import { problem, ProblemError } from '../model/problem.ts';
import type { Context } from './command.ts';
import { settingsOf } from './with-supervisor.ts';

/** Of the commands that wait until tunnels are up. */
export const WAIT_OPTIONS = {
  wait: { type: 'number', requiresArg: true, describe: 'how many seconds to wait until every forward listens [60, or the setting]' },
  'no-wait': { type: 'boolean', describe: 'return at once; the supervisor brings them up' },
} as const;

/** Seconds; null: not at all. */
export function waitOf(
  flags: { readonly wait?: number | undefined; readonly 'no-wait'?: boolean | undefined },
  context: Context,
): number | null {
  if (!flags['no-wait']) return flags.wait ?? settingsOf(context).settings.wait;
  if (flags.wait === undefined) return null;
  throw new ProblemError(problem('options-clash', { one: '--wait', other: '--no-wait', instead: 'Give one of them.' }));
}
