import type { Options } from 'yargs';
import { problem, ProblemError } from '../model/problem.ts';
import type { Args, Command } from './command.ts';

type Read = Args<Readonly<Record<string, Options>>>;

/**
 * The words and options that follow a command's name. The parser of options is loaded only where there are any: it takes as
 * long as all else that `status` does. Throws a ProblemError for what the command does not know.
 */
export async function readArgs(command: Command, argv: readonly string[]): Promise<Read> {
  const typed = command.normalize?.(argv) ?? argv;
  const { words, flags } = typed.some((word) => word.startsWith('-'))
    ? (await import('./parse.ts')).parseOptions(command, typed)
    : { words: typed, flags: {} };
  checkWords(command, words);
  return { words, flags };
}

function checkWords(command: Command, words: readonly string[]): void {
  const usage = command.usage[0] ?? command.name;
  if (words.length < command.words.least) throw new ProblemError(problem('words-missing', { command: command.name, usage }));
  const extra = words[command.words.most];
  if (extra !== undefined) throw new ProblemError(problem('words-unexpected', { command: command.name, word: extra, usage }));
}
