import type { SFTPWrapper } from 'ssh2';
import { ProblemError } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import type { Remote } from './types.ts';

export type SftpGiven = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For opening, and for each step of the work; 3 s where not given. */
  readonly deadlineMs?: number;
};

/**
 * `refused`: there is no such subsystem, or its program is missing. `forced`: something else ran and spoke or ended.
 * `silent`: something ran that did not speak by the deadline.
 */
export type SftpFailure = 'refused' | 'forced' | 'silent' | 'lost';
export type SftpOpened = { readonly ok: true; readonly sftp: SFTPWrapper } | { readonly ok: false; readonly why: SftpFailure };

const DEADLINE_MS = 3_000;

/** Opens SFTP and tells why there is none. Never rejects but with the signal's reason. */
export async function openSftpSession(remote: Pick<Remote, 'sftp'>, given: SftpGiven): Promise<SftpOpened> {
  given.signal.throwIfAborted();
  const opening = remote.sftp();
  const answer = await within(given, opening).catch((error: unknown) => {
    given.signal.throwIfAborted();
    return whyNot(error);
  });
  if (typeof answer !== 'string') return { ok: true, sftp: answer };
  opening.then(
    (late) => late.end(),
    () => {},
  );
  return { ok: false, why: answer };
}

/** Work with a deadline that ends with the signal's reason when it is called off, and with `Late` at the deadline. */
export async function within<T>(given: SftpGiven, work: Promise<T>): Promise<T> {
  const over = deferred<never>();
  const onAbort = (): void => over.reject(given.signal.reason);
  given.signal.addEventListener('abort', onAbort, { once: true });
  const cancel = given.clock.after(given.deadlineMs ?? DEADLINE_MS, () => over.reject(new Late()));
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    cancel();
    given.signal.removeEventListener('abort', onAbort);
  }
}

export class Late extends Error {
  override readonly name = 'Late';
}

/** XCU 2.8.2 (POSIX): what a shell returns for a program that it may not run, or does not find. */
const NOT_RUN = new Set<unknown>([126, 127]);

function whyNot(error: unknown): SftpFailure {
  if (error instanceof ProblemError) return 'lost';
  if (error instanceof Late) return 'silent';
  const cause = error instanceof Error ? (error.cause as { code?: unknown; reason?: unknown; level?: unknown } | undefined) : undefined;
  // ssh2 gives the exit code of what ran, and nothing but words where the request itself was refused.
  if (cause !== undefined && 'code' in cause) return NOT_RUN.has(cause.code) ? 'refused' : 'forced';
  return cause?.level === 'sftp-protocol' ? 'forced' : 'refused';
}
