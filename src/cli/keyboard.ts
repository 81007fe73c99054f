import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import { ProblemError, problem } from '../model/problem.ts';
import { deferred } from '../platform/deferred.ts';
import type { Output } from './given.ts';

/** The person at this command's terminal. */
export interface Keyboard {
  /**
   * One line; what is typed is shown only with `echo`. Null where there will be none (Ctrl-D). Rejects with `interrupted`
   * at Ctrl-C, or with the signal's reason. The terminal is left as it was in every case.
   */
  ask(text: string, how: { readonly echo: boolean; readonly signal: AbortSignal }): Promise<string | null>;
}

type Streams = { readonly stdin: ReadStream; readonly stderr: Output };

/** Null where one end of the talk is no terminal: whoever cannot see the question cannot answer it. */
export const openKeyboard = ({ stdin, stderr }: Streams): Keyboard | null =>
  stdin.isTTY === true && stderr.isTTY === true ? { ask: (text, how) => readLine(text, how, { stdin, stderr }) } : null;

async function readLine(
  text: string,
  { echo, signal }: Parameters<Keyboard['ask']>[1],
  { stdin, stderr }: Streams,
): Promise<string | null> {
  signal.throwIfAborted();
  if (!echo) stderr.write(text);
  // In raw mode it edits the line itself; where that goes nowhere nothing is shown. No history: it would keep secrets.
  const line = createInterface({
    input: stdin,
    output: echo ? stderr : nowhere(),
    terminal: true,
    historySize: 0,
    prompt: echo ? text : '',
  });
  if (echo) line.prompt();
  try {
    return await answerOf(line, signal);
  } finally {
    line.close();
    if (!echo) stderr.write('\n');
  }
}

async function answerOf(line: Interface, signal: AbortSignal): Promise<string | null> {
  const answer = deferred<string | null>();
  const abort = (): void => answer.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  line.once('line', answer.resolve);
  line.once('SIGINT', () => answer.reject(new ProblemError(problem('interrupted', {}))));
  line.once('close', () => answer.resolve(null));
  try {
    return await answer.promise;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
