import yargs, { type Argv, type Options } from 'yargs';
import { nearest } from '../model/nearest.ts';
import { problem, ProblemError } from '../model/problem.ts';
import { type Args, type Command, GLOBAL_OPTIONS } from './command.ts';

type Parsed = Args<Readonly<Record<string, Options>>>;

/** As `readArgs`, of what is in the form that the parser takes; how many words there are is not looked at. */
export function parseOptions(command: Command, argv: readonly string[]): Parsed {
  const parser = parserOf(command, argv);
  const { _: typed, $0: _, ...all } = parser.parseSync();
  const options = allOptions(command);
  const flags = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, checkedValue({ command, key, value }, options)]));
  return { words: typed.map(String), flags } as Parsed;
}

/** The text of `tunnels <command> --help`. */
export function helpOf(command: Command, width: number): Promise<string> {
  const parser = parserOf(command, []).wrap(Math.min(width, 100));
  for (const [line, says] of command.examples) parser.example(line, says);
  return parser.getHelp();
}

function parserOf(command: Command, argv: readonly string[]): Argv {
  const usage = command.usage.map((line) => `tunnels ${line}`.trim()).join('\n');
  return yargs([...argv])
    .scriptName('tunnels')
    .usage(`${usage}\n\n${command.describe}`)
    .help(false)
    .version(false)
    .options(command.options)
    .options(GLOBAL_OPTIONS)
    .group(Object.keys(command.options), 'Options:')
    .group(Object.keys(GLOBAL_OPTIONS), 'Everywhere:')
    .parserConfiguration(PARSING)
    .locale('en')
    .detectLocale(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      const what = `${message ?? error.message}.`;
      throw new ProblemError(problem('usage', { what, fix: `See its options: tunnels ${command.name} --help` }), { cause: error });
    });
}

/** Nothing is guessed: a word stays a word, a dot is no path into an object, and only what has an option's name is one. */
const PARSING = {
  'boolean-negation': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'greedy-arrays': false,
  'parse-positional-numbers': false,
  'strip-aliased': true,
} as const;

type Known = Readonly<Record<string, Options>>;
const allOptions = (command: Command): Known => ({ ...command.options, ...GLOBAL_OPTIONS });

function checkedValue({ command, key, value }: { command: Command; key: string; value: unknown }, options: Known): unknown {
  const option = options[key];
  if (option === undefined) throw new ProblemError(problem('option-unknown', unknownOption(command, key)));
  // An option given twice has two values; the last one counts, as in most tools, unless it is one that can be repeated.
  const one = Array.isArray(value) && !option.array ? value.at(-1) : value;
  const bad = option.type === 'number' ? !Number.isFinite(one) || (one as number) < 0 : option.type === 'string' && emptyIn(one);
  if (!bad) return one;
  const wanted = option.type === 'number' ? 'a number' : 'a value';
  throw new ProblemError(problem('option-bad-value', { option: dashed(key), value: Number.isNaN(one) ? 'that' : String(one), wanted }));
}

const emptyIn = (value: unknown): boolean => (Array.isArray(value) ? value.length === 0 || value.includes('') : value === '');

function unknownOption(command: Command, key: string): { option: string; command: string; nearest: string } {
  const names = Object.entries(allOptions(command)).flatMap(([name, { alias }]) => [name, ...(alias === undefined ? [] : [alias].flat())]);
  // A single letter is one edit away from every other.
  const meant =
    key.length > 1
      ? nearest(
          key,
          names.filter((name) => name.length > 1),
        )
      : '';
  return { option: dashed(key), command: command.name, nearest: meant === '' ? '' : dashed(meant) };
}

const dashed = (key: string): string => (key.length === 1 ? `-${key}` : `--${key}`);
