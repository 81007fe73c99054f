import type { LogLine } from '../api/contract.ts';
import { printable } from '../model/printable.ts';
import { type Problem, retryClassOf, wordsOf } from '../model/problem.ts';
import type { LogFile } from './log-file.ts';

type Fields = { readonly tunnel?: string | null; readonly text: string };
type Level = LogLine['level'];

/** Writing to it never throws and never waits; what cannot be written is dropped and counted. */
export interface Log {
  debug(event: string, fields: Fields): void;
  info(event: string, fields: Fields): void;
  warn(event: string, fields: Fields): void;
  error(event: string, fields: Fields): void;
  /** As a warning, or as an error where a person is needed; the event is the problem's code. */
  problem(p: Problem, about?: { readonly tunnel?: string | null }): void;
  /** The last lines, oldest first; a bounded number. */
  recent(): readonly LogLine[];
  /** Every line from now on; returns its own cancellation. */
  subscribe(listener: (line: LogLine) => void): () => void;
  /** Resolves when what was written has reached the file, or will never reach it. */
  close(): Promise<void>;
}

export type LogNeeds = {
  readonly now: () => number;
  readonly file: LogFile;
  /** `TUNNELS_LOG=debug` asks for everything; otherwise `debug` is left out. */
  readonly level: 'debug' | 'info';
  /** A second reader of each line: the terminal of a supervisor in the foreground. */
  readonly mirror?: (line: LogLine) => void;
  /** Lines of earlier runs, for `recent`. */
  readonly earlier: readonly LogLine[];
};

export const RECENT_LINES = 1_000;

export function createLog(needs: LogNeeds): Log {
  const ring: LogLine[] = needs.earlier.slice(-RECENT_LINES);
  const listeners = new Set<(line: LogLine) => void>();

  const write = (level: Level, event: string, fields: Fields): void => {
    if (level === 'debug' && needs.level !== 'debug') return;
    const line = { time: new Date(needs.now()).toISOString(), level, tunnel: fields.tunnel ?? null, event, text: printable(fields.text) };
    ring.push(line);
    if (ring.length > RECENT_LINES) ring.shift();
    needs.file.write(`${JSON.stringify(line)}\n`);
    needs.mirror?.(line);
    for (const listener of listeners) listener(line);
  };

  return {
    debug: (event, fields) => write('debug', event, fields),
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
    problem: (p, about = {}) =>
      write(retryClassOf(p) === 'person' ? 'error' : 'warn', p.code, { ...about, text: inWords(p, about.tunnel ?? undefined) }),
    recent: () => [...ring],
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => needs.file.close(),
  };
}

function inWords(p: Problem, tunnel: string | undefined): string {
  const { text, next } = wordsOf(p, tunnel);
  return `${text} ${next}`;
}

/** A line for people: `08:00:01 warn  db-prod: what happened`. Local time, as on their clock. */
export function printLine(line: LogLine): string {
  const time = new Date(line.time).toTimeString().slice(0, 8);
  return `${time} ${line.level.padEnd(5)} ${line.tunnel === null ? '' : `${line.tunnel}: `}${line.text}\n`;
}
