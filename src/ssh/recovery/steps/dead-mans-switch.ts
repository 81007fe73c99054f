import { randomBytes } from 'node:crypto';
import type { SessionIdentity } from '../../../model/session-record.ts';
import type { Clock } from '../../../platform/clock.ts';
import { deferred } from '../../../platform/deferred.ts';
import type { Remote, RemoteProcess } from '../../remote/types.ts';
import { DEAD_MANS_SCRIPT } from './dead-mans-script.ts';
import { processArguments } from './session-process.ts';

export type SwitchGiven = {
  /** How long the server waits for us before it ends the session; rounded up, 2 at least. */
  readonly seconds: number;
  readonly identity: Pick<SessionIdentity, 'pid' | 'startTicks' | 'bootId' | 'killable'>;
  readonly clock: Clock;
  /** Takes the switch back, before it is armed and after. */
  readonly signal: AbortSignal;
};

export type DeadMansSwitch = {
  /** To be awaited before the link is closed in order; it leaves no process there. Never rejects. */
  disarm(): Promise<void>;
  /** Resolves when the far end no longer watches: disarmed, lost with the link, or killed by somebody. Never rejects. */
  readonly ended: Promise<void>;
};

const ARM_MS = 3_000;
const DISARM_MS = 2_000;

/**
 * Lets a hop end our own session when it has not heard from us for some seconds: the time-out of a dead peer that its sshd
 * may lack, so that the port is free before we are back. It costs one session channel (of MaxSessions) and a line every
 * third of that time. Null where it cannot be had: no shell, no way to wait with a time-out, or a session whose process is
 * not ours to signal (dropbear). Rejects only with the signal's reason.
 */
export async function armDeadMansSwitch(remote: Pick<Remote, 'exec'>, given: SwitchGiven): Promise<DeadMansSwitch | null> {
  given.signal.throwIfAborted();
  const args = given.identity.killable ? processArguments(given.identity) : null;
  if (args === null) return null;
  const nonce = randomBytes(16).toString('hex');
  const seconds = Math.max(2, Math.ceil(given.seconds));
  const opening = remote.exec(['sh', '-s', nonce, seconds, ...args].join(' '));
  const armed = deferred<RemoteProcess | null>();
  opening.then(
    (process) => arm(process, nonce, armed.resolve),
    () => armed.resolve(null),
  );
  const onAbort = (): void => armed.reject(given.signal.reason);
  given.signal.addEventListener('abort', onAbort, { once: true });
  const cancel = given.clock.after(ARM_MS, () => armed.resolve(null));
  let process: RemoteProcess | null = null;
  try {
    process = await armed.promise;
    return process === null ? null : new Heartbeat(process, { ...given, seconds });
  } finally {
    cancel();
    given.signal.removeEventListener('abort', onAbort);
    // It may be armed all the same, and would end a session that lives.
    if (process === null) opening.then(takeBack, () => {});
  }
}

/** Sends the script and waits for its word. Whatever else comes is a banner, or a program that is not ours. */
function arm(process: RemoteProcess, nonce: string, done: (armed: RemoteProcess | null) => void): void {
  let heard = '';
  process.on('error', () => done(null));
  process.on('close', () => done(null));
  process.on('data', (chunk: Buffer) => {
    // More than a banner's worth is not kept; the word comes in one piece and at the end.
    heard = `${heard}${chunk.toString('latin1')}`.slice(-4_096);
    if (`\n${heard}`.includes(`\ntunnels ${nonce} armed\n`)) done(process);
    else if (`\n${heard}`.includes(`\ntunnels ${nonce} `)) done(null);
  });
  // Unread, it would fill its window and stop the script.
  process.stderr.on('data', () => {});
  process.write(DEAD_MANS_SCRIPT);
}

function takeBack(process: RemoteProcess): void {
  if (process.writable) process.end('quit\n');
  process.close();
}

class Heartbeat implements DeadMansSwitch {
  readonly ended: Promise<void>;
  readonly #process: RemoteProcess;
  readonly #given: SwitchGiven;
  readonly #ended = deferred<void>();
  #cancelBeat = () => {};

  constructor(process: RemoteProcess, given: SwitchGiven) {
    this.#process = process;
    this.#given = given;
    this.ended = this.#ended.promise;
    process.on('close', this.#over);
    given.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (given.signal.aborted) this.#onAbort();
    else this.#beat();
  }

  async disarm(): Promise<void> {
    this.#cancelBeat();
    if (this.#process.writable) this.#process.end('quit\n');
    const late = deferred<void>();
    const cancel = this.#given.clock.after(DISARM_MS, late.resolve);
    await Promise.race([this.ended, late.promise]);
    cancel();
    this.#process.close();
    this.#over();
  }

  #beat(): void {
    // On a line that is full, one line that waits is as good as many.
    if (this.#process.writable && !this.#process.writableNeedDrain) this.#process.write('\n');
    this.#cancelBeat = this.#given.clock.after((this.#given.seconds * 1_000) / 3, () => this.#beat());
  }

  readonly #onAbort = (): void => void this.disarm();
  readonly #over = (): void => {
    this.#cancelBeat();
    this.#given.signal.removeEventListener('abort', this.#onAbort);
    this.#ended.resolve();
  };
}
