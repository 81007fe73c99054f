import { randomBytes } from 'node:crypto';
import { ProblemError } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import { beginLine, endLine, framed } from './frame.ts';
import type { Remote, RemoteProcess } from './types.ts';

export type ScriptGiven = {
  /** `$2`, `$3` ... of the script; only letters, digits and `. _ : / -`, so that no login shell sees anything to expand. */
  readonly args: readonly string[];
  /** Any text without NUL; the script finds it in `$input`. */
  readonly input?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** 3 s where not given. */
  readonly deadlineMs?: number;
  /** How much may be written before it is cut off; 64 KB where not given. */
  readonly maxBytes?: number;
};

/**
 * `no-shell`: what ran closed without our frame: nologin, a forced command. `no-answer`: nothing of the frame by the
 * deadline. `garbled`: a frame that began and did not end. `refused`: the server opens no session or runs nothing in it.
 */
export type ScriptFailure = 'no-shell' | 'no-answer' | 'garbled' | 'too-much' | 'refused' | 'lost';

export type ScriptResult = { readonly ok: true; readonly lines: readonly string[] } | { readonly ok: false; readonly why: ScriptFailure };

const DEADLINE_MS = 3_000;
const MAX_BYTES = 64 * 1024;

/**
 * Runs a POSIX shell script on a hop. The command line is `sh -s NONCE ARG...`, without a quote, so that sh, bash, rbash,
 * dash, csh, tcsh and fish all read it alike; the script goes over stdin, and sh has parsed it whole before it runs any of
 * it. In the script `$1` is the nonce, the arguments follow from `$2`, and `$input` is the input. The frame is added here:
 * only what is written between the lines `tunnels NONCE begin` and `tunnels NONCE end` counts; banners, the words of a
 * forced command and stderr do not. The script itself need not write the frame, and may `exit`. It must not read stdin.
 *
 * The nonce keeps accidents out, not lies: a server can write what it likes, so every line needs a strict parser.
 * What hangs is killed at the deadline. Never rejects but with the signal's reason, and with a TypeError for bad arguments.
 */
export async function runScript(remote: Pick<Remote, 'exec'>, script: string, given: ScriptGiven): Promise<ScriptResult> {
  given.signal.throwIfAborted();
  const nonce = randomBytes(16).toString('hex');
  const command = commandLine(nonce, given.args);
  const text = framed(script, given.input ?? '');
  const result = deferred<ScriptResult>();
  const reader = new FrameReader(nonce, given.maxBytes ?? MAX_BYTES, result.resolve);
  const onAbort = (): void => result.reject(given.signal.reason);
  given.signal.addEventListener('abort', onAbort, { once: true });
  const cancel = given.clock.after(given.deadlineMs ?? DEADLINE_MS, () => reader.late());
  const opening = remote.exec(command);
  opening.then(
    (process) => reader.read(process, text),
    (error: unknown) => result.resolve(failed(error instanceof ProblemError ? 'lost' : 'refused')),
  );
  try {
    return await result.promise;
  } finally {
    cancel();
    given.signal.removeEventListener('abort', onAbort);
    // The channel may open only after all is over.
    opening.then(end, () => {});
  }
}

function commandLine(nonce: string, args: readonly string[]): string {
  if (!args.every((arg) => /^[A-Za-z0-9._:/-]+$/.test(arg))) throw new TypeError('an argument that a shell would change');
  return ['sh', '-s', nonce, ...args].join(' ');
}

const failed = (why: ScriptFailure): ScriptResult => ({ ok: false, why });

function end(process: RemoteProcess): void {
  // RFC 4254 section 6.9. sshd leaves a program that neither reads nor writes running when its channel closes.
  process.signal('KILL');
  process.close();
}

class FrameReader {
  readonly #begin: string;
  readonly #end: string;
  readonly #maxBytes: number;
  readonly #done: (result: ScriptResult) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(nonce: string, maxBytes: number, done: (result: ScriptResult) => void) {
    this.#begin = `\n${beginLine(nonce)}\n`;
    this.#end = `\n${endLine(nonce)}\n`;
    this.#maxBytes = maxBytes;
    this.#done = done;
  }

  read(process: RemoteProcess, text: string): void {
    process.on('error', (error: Error) => this.#done(failed(error instanceof ProblemError ? 'lost' : 'no-shell')));
    process.on('data', (chunk: Buffer) => this.#take(chunk, chunk));
    // Unread, it would fill its window and stop the program.
    process.stderr.on('data', (chunk: Buffer) => this.#take(chunk, null));
    process.on('close', () => this.#closed());
    process.write(text);
  }

  late(): void {
    this.#done(failed(this.#began() ? 'garbled' : 'no-answer'));
  }

  #take(chunk: Buffer, kept: Buffer | null): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) return this.#done(failed('too-much'));
    if (kept === null) return;
    this.#chunks.push(kept);
    const lines = this.#lines();
    if (lines !== null) this.#done({ ok: true, lines });
  }

  #closed(): void {
    this.#done(failed(this.#began() ? 'garbled' : 'no-shell'));
  }

  /** The frame's lines, once it is whole. */
  #lines(): string[] | null {
    const text = this.#text();
    const from = text.indexOf(this.#begin);
    // The line break that ends the first line may be the one before the last.
    const to = from < 0 ? -1 : text.indexOf(this.#end, from + this.#begin.length - 1);
    if (to < 0) return null;
    return text
      .slice(from + this.#begin.length, to)
      .split('\n')
      .filter((line) => line !== '');
  }

  #began(): boolean {
    return this.#text().includes(this.#begin);
  }

  readonly #text = (): string => `\n${Buffer.concat(this.#chunks).toString('utf8')}`;
}
