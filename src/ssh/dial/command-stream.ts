import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import { lastWords } from './last-words.ts';
import { ProcessGroup } from './process-group.ts';

/** How a command ended by itself: its exit code, or the signal or system error that ended it. */
export type Fate = { readonly exit: number | string; readonly said: string };

/** What has closed its input or output ends at once, or is not going to. */
const LAST_BREATH_MS = 500;
/** From its end to the last that it said of it. */
const LAST_WORDS_MS = 50;

/** The standard input and output of a process that was started `detached`. When it is destroyed, the process's group is ended. */
export class CommandStream extends Duplex {
  /** Resolves once nothing of its group is left. */
  readonly gone: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #group: ProcessGroup;
  readonly #clock: Clock;
  readonly #gone = deferred<void>();
  readonly #closed = deferred<void>();
  readonly #words: () => string;
  #exit: number | string | null = null;
  #heard = false;
  #ended = false;
  #cancelBreath = () => {};

  constructor(child: ChildProcessWithoutNullStreams, clock: Clock) {
    super();
    this.#child = child;
    this.#group = new ProcessGroup(child);
    this.#clock = clock;
    this.gone = this.#gone.promise;
    this.#words = lastWords(child.stderr);
    child.once('exit', (code, signal) => this.#exited(code ?? signal ?? 'UNKNOWN'));
    child.once('close', () => this.#closed.resolve());
    child.stdin.on('error', () => {});
    child.stdout.on('error', () => {});
    child.stdout.on('data', (chunk: Buffer) => this.#take(chunk)).once('close', () => void this.#end());
    // Until its session listens, an error would be one that nobody hears of.
    this.on('error', () => {}).once('end', () => this.destroy());
  }

  /** Null: it has not ended, or not by itself. */
  get fate(): Fate | null {
    return this.#exit === null ? null : { exit: this.#exit, said: this.said };
  }

  /** The last lines of its standard error. */
  get said(): string {
    return this.#words();
  }

  /** Whether anything came from it. */
  get heard(): boolean {
    return this.#heard;
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(chunk, (error) => {
      if (error) void this.#endAnd(done);
      else done();
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void this.#group.end(this.#clock).then(() => this.#gone.resolve());
    for (const stream of [this.#child.stdin, this.#child.stdout]) stream.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    this.#heard = true;
    if (!this.#ended && !this.push(chunk)) this.#child.stdout.pause();
  }

  #exited(exit: number | string): void {
    if (this.destroyed) return;
    this.#exit = exit;
    // Something that it has left behind may keep its standard error.
    this.#cancelBreath = this.#clock.after(LAST_WORDS_MS, () => this.#closed.resolve());
  }

  /** It takes nothing more, or gives nothing more; whoever hears of this end can ask at once how it came. */
  async #end(): Promise<void> {
    const cancel = this.#clock.after(LAST_BREATH_MS, () => this.#closed.resolve());
    await this.#closed.promise;
    cancel();
    this.#cancelBreath();
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    this.push(null);
  }

  async #endAnd(done: () => void): Promise<void> {
    await this.#end();
    done();
  }
}
