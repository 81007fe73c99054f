import pc from 'picocolors';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { exitCodeOf, type Problem, wordsOf } from '../../model/problem.ts';
import type { Output } from '../given.ts';
import { explain } from './explain.ts';

/** Colours, or functions that change nothing. */
export type Ink = ReturnType<typeof pc.createColors>;
export type Mode = { readonly json: boolean; readonly quiet: boolean; readonly verbose: boolean };
export type ColorChoice = 'auto' | 'always' | 'never';

/** The one way to the terminal: data goes to stdout, talk to stderr, and with --json stdout gets one document and nothing else. */
export interface Screen {
  readonly mode: Mode;
  readonly width: number;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** For stdout. */
  readonly ink: Ink;
  /** For stderr. */
  readonly errInk: Ink;
  /** Says the same twice: as a document for --json, as text otherwise. */
  show(what: { readonly document: () => object; readonly text: () => string }): void;
  /** A line of stdout that is no document; nothing with --json. */
  print(text: string): void;
  /** Talk; not with --quiet. */
  say(text: string): void;
  /** Talk for --verbose. */
  detail(text: string): void;
  /** A problem on stderr, also with --quiet. */
  explain(problem: Problem): void;
  /** The same, laid out already. */
  complain(text: string): void;
  /** As `explain`; with --json also the document, where none was printed yet. */
  fail(problem: Problem): void;
}

type Needs = { readonly stdout: Output; readonly stderr: Output; readonly colorFor: (output: Output) => boolean };

export function createScreen({ stdout, stderr, colorFor }: Needs, mode: Mode): Screen {
  const inkOut = pc.createColors(colorFor(stdout));
  const inkErr = pc.createColors(colorFor(stderr));
  const line = (output: Output, text: string): void => void (text !== '' && output.write(`${text}\n`));
  let documents = 0;
  const document = (value: object): void => {
    documents += 1;
    line(stdout, JSON.stringify(value, null, 2));
  };
  const explainHere = (problem: Problem): void => line(stderr, explain(problem, inkErr));
  return {
    mode,
    width: stdout.columns ?? 80,
    stdoutIsTerminal: stdout.isTTY === true,
    stderrIsTerminal: stderr.isTTY === true,
    ink: inkOut,
    errInk: inkErr,
    show: (what) => (mode.json ? document(what.document()) : line(stdout, what.text())),
    print: (text) => void (mode.json || line(stdout, text)),
    say: (text) => void (mode.quiet || line(stderr, text)),
    detail: (text) => void (mode.verbose && line(stderr, inkErr.dim(text))),
    explain: explainHere,
    complain: (text) => line(stderr, text),
    fail(problem) {
      if (mode.json && documents === 0) document(failureDocument(problem));
      explainHere(problem);
    },
  };
}

const failureDocument = (problem: Problem): object => ({
  schemaVersion: SCHEMA_VERSION,
  error: { code: problem.code, ...wordsOf(problem), facts: problem.facts, exitCode: exitCodeOf(problem) },
});

/** NO_COLOR and --no-color win (no-color.org), then the setting; `auto` colours terminals that are not dumb. */
export const wantsColor =
  (given: { readonly env: Readonly<Record<string, string | undefined>>; readonly off: boolean; readonly choice: () => ColorChoice }) =>
  (output: Output): boolean => {
    if (given.off || given.env['NO_COLOR']) return false;
    const choice = given.choice();
    return choice === 'always' || (choice === 'auto' && output.isTTY === true && given.env['TERM'] !== 'dumb');
  };
