import type { InferredOptionTypes, Options } from 'yargs';
import type { Given } from './given.ts';
import type { Screen } from './output/screen.ts';

type Flags = Readonly<Record<string, Options>>;
export type Args<O extends Flags> = { readonly words: readonly string[]; readonly flags: Partial<InferredOptionTypes<O>> };
export type Context = Given & { readonly screen: Screen };

/**
 * One command, whole: what is typed, what `--help` says of it, and what it does.
 * `run` resolves to the exit code, or throws a ProblemError, which `main` turns into words and a code.
 */
export type Command<O extends Flags = Flags> = {
  /** As typed after `tunnels`; two words for a command of a group. */
  readonly name: string;
  /** After the name: `<required>`, `[optional]`, `...` for more than one. */
  readonly usage: readonly string[];
  readonly describe: string;
  readonly examples: readonly (readonly [line: string, says: string])[];
  /** How many words may follow. */
  readonly words: { readonly least: number; readonly most: number };
  readonly options: O;
  /** Rewrites what was typed before it is parsed. */
  readonly normalize?: (argv: readonly string[]) => string[];
  readonly run: (args: Args<O>, context: Context) => Promise<number>;
};

/** Ties the types of a command's options to what its `run` receives. */
export const defineCommand = <const O extends Flags>(command: Command<O>): Command => command as unknown as Command;

/** What every command understands. Off-switches have their own names: no `--no-x` is made up for an `x`. */
export const GLOBAL_OPTIONS = {
  json: { type: 'boolean', describe: 'print one JSON document' },
  quiet: { type: 'boolean', alias: 'q', describe: 'say nothing but errors and what was asked for' },
  verbose: { type: 'boolean', alias: 'v', describe: 'say more' },
  'no-color': { type: 'boolean', describe: 'no colours; NO_COLOR does the same' },
  help: { type: 'boolean', alias: 'h', describe: 'show this help' },
  version: { type: 'boolean', describe: 'print the version' },
} as const satisfies Flags;
