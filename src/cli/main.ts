import { problem, ProblemError, exitCodeOf, problemOf } from '../model/problem.ts';
import { nearest } from '../model/nearest.ts';
import { EXIT } from '../model/problems/entry.ts';
import { VERSION } from '../platform/version.ts';
import { GLOBAL_OPTIONS } from './command.ts';
import type { Given } from './given.ts';
import { groupHelp, rootHelp } from './help.ts';
import { createScreen, type Mode, type Screen, wantsColor } from './output/screen.ts';
import { readArgs } from './read-args.ts';
import { COMMANDS, commandsOf, type Entry, firstWords, PLANNED } from './registry.ts';
import { deferred } from '../platform/deferred.ts';
import { readSettings } from './settings.ts';

/** Runs one command line. The one place where errors become words and exit codes; never rejects. */
export async function main(argv: readonly string[], given: Given): Promise<number> {
  const early = earlyFlags(argv);
  const choice = (): 'auto' | 'always' | 'never' => readSettings(given.paths).settings.color;
  const screen = createScreen({ ...given, colorFor: wantsColor({ env: given.env, off: early.noColor, choice }) }, early.mode);
  try {
    return await unlessInterrupted(given.interrupt.signal, () => dispatch(argv, { ...given, screen }));
  } catch (error) {
    const found = problemOf(error);
    screen.fail(found);
    if (found.code === 'internal' && error instanceof Error) screen.detail(error.stack ?? '');
    return exitCodeOf(found);
  }
}

/** Needed before the command is known, so that a mistyped command is told in the form that was asked for. */
function earlyFlags(argv: readonly string[]): { readonly mode: Mode; readonly noColor: boolean } {
  const end = argv.indexOf('--');
  const options = new Set(end < 0 ? argv : argv.slice(0, end));
  const has = (...names: string[]): boolean => names.some((name) => options.has(name));
  return { mode: { json: has('--json'), quiet: has('--quiet', '-q'), verbose: has('--verbose', '-v') }, noColor: has('--no-color') };
}

/** Commands that watch the signal themselves get the chance to end in their own way first. */
async function unlessInterrupted(signal: AbortSignal, run: () => Promise<number>): Promise<number> {
  const interrupted = deferred<never>();
  const giveUp = (): void => void setImmediate(() => interrupted.reject(new ProblemError(problem('interrupted', {}))));
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([run(), interrupted.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function dispatch(argv: readonly string[], given: Given & { screen: Screen }): Promise<number> {
  const { screen } = given;
  if (argv.includes('--version')) return printVersion(screen);
  const { words, rest } = splitCommand(argv);
  const asksHelp = rest.some((word) => word === '--help' || word === '-h');
  const found = findCommand(words);
  if (found === null) return print(screen, rootHelpFor(rest));
  if ('group' in found) return groupAsked(found.group, { screen, asksHelp });
  const { command } = await found.entry.load();
  const args = [...words.slice(found.used), ...rest];
  if (asksHelp) return print(screen, await (await import('./parse.ts')).helpOf(command, screen.width));
  return await command.run(await readArgs(command, args), given);
}

function printVersion(screen: Screen): number {
  screen.show({ document: () => ({ version: VERSION }), text: () => VERSION });
  return EXIT.done;
}

function print(screen: Screen, text: string): number {
  screen.show({ document: () => ({ help: text }), text: () => text });
  return EXIT.done;
}

/** Without a command there is nothing to do but help, unless something was mistyped. */
function rootHelpFor(options: readonly string[]): string {
  const known = Object.entries(GLOBAL_OPTIONS).flatMap(([name, option]) => [
    `--${name}`,
    ...('alias' in option ? [`-${option.alias}`] : []),
  ]);
  const option = options.find((word) => word !== '--' && !known.includes(word));
  if (option === undefined) return rootHelp();
  const meant = option.startsWith('--') ? nearest(option, known) : '';
  throw new ProblemError(problem('option-unknown', { option, command: '', nearest: meant }));
}

function groupAsked(group: string, { screen, asksHelp }: { screen: Screen; asksHelp: boolean }): number {
  if (asksHelp) return print(screen, groupHelp(group));
  const known = commandsOf(group).map((entry) => entry.name.split(' ')[1]);
  throw new ProblemError(problem('command-missing', { group, known: known.join(', ') }));
}

/** The words before the first option name the command; options that stand before them (`tunnels --json status`) go after. */
function splitCommand(argv: readonly string[]): { readonly words: string[]; readonly rest: string[] } {
  const first = argv.findIndex((word) => !word.startsWith('-'));
  if (first < 0) return { words: [], rest: [...argv] };
  const after = argv.slice(first);
  const end = after.findIndex((word) => word.startsWith('-'));
  const words = end < 0 ? after : after.slice(0, end);
  const rest = [...argv.slice(0, first), ...(end < 0 ? [] : after.slice(end))];
  return words[0] === 'help' ? { words: words.slice(1), rest: [...rest, '--help'] } : { words, rest };
}

type Found = { readonly entry: Entry; readonly used: number } | { readonly group: string };

function findCommand([first, second]: readonly string[]): Found | null {
  if (first === undefined) return null;
  const entry = COMMANDS.find(({ name, aliases = [] }) => name === first || aliases.includes(first));
  if (entry !== undefined) return { entry, used: 1 };
  const planned = PLANNED.find(({ name }) => name === first || name === `${first} ${second}`);
  if (planned !== undefined) throw new ProblemError(problem('command-not-yet', planned));
  const group = commandsOf(first);
  if (group.length === 0) throw unknown(first, firstWords());
  if (second === undefined) return { group: first };
  const member = group.find(({ name }) => name === `${first} ${second}`);
  if (member === undefined)
    throw unknown(
      `${first} ${second}`,
      group.map(({ name }) => name),
    );
  return { entry: member, used: 2 };
}

const unknown = (word: string, known: readonly string[]): ProblemError =>
  new ProblemError(problem('command-unknown', { word, nearest: nearest(word, known) }));
