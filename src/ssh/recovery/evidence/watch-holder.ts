import type { HolderConnection } from '../../../model/binding.ts';
import type { Clock } from '../../../platform/clock.ts';
import { deferred } from '../../../platform/deferred.ts';
import { isHeld, isSilent, type Look, look, type Suspect } from './look.ts';
import type { EvidenceGiven, EvidenceRequest } from './request.ts';

export type Watch = {
  readonly request: EvidenceRequest;
  readonly suspect: Suspect | null;
  /** We have given that connection up ourselves; otherwise a short gap in somebody's network must not look like death. */
  readonly isGivenUp: boolean;
};

const EVERY_MS = 150;
/** TCP sends again after 0.2, 0.6 and 1.4 s where the network is near (RFC 6298; tcp(7)). */
const GIVEN_UP = { retransmits: 1, withinMs: 2_000 };
const NOT_GIVEN_UP = { retransmits: 3, withinMs: 4_000 };

/**
 * Looks at the suspect's connection after the poke, until it has answered, has not answered for long enough, or is gone.
 * Without a connection to look at it looks once: the poke itself may have freed the binding.
 */
export async function watchHolder(watch: Watch, given: EvidenceGiven): Promise<{ look: Look | null; connection: HolderConnection }> {
  const { request, suspect } = watch;
  const patience = watch.isGivenUp ? GIVEN_UP : NOT_GIVEN_UP;
  const until = given.clock.monotonic() + patience.withinMs;
  for (;;) {
    const last = await look(request, { suspect, marker: 'skip' }, given);
    const connection = last === null ? 'unknown' : connectionAfter(last, patience.retransmits);
    const isOver = last === null || (suspect?.client ?? null) === null || connection !== 'unknown' || !isHeld(request, last);
    if (isOver || given.clock.monotonic() >= until) return { look: last, connection };
    await pause(given.clock, given.signal);
  }
}

/** The other end has confirmed what it was sent, and that makes it alive. */
function connectionAfter({ connection }: Look, retransmits: number): HolderConnection {
  if (typeof connection === 'string') return connection;
  if (connection.unsent === 0) return 'answers';
  return isSilent(connection, retransmits) ? 'silent' : 'unknown';
}

async function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  const over = deferred<void>();
  const onAbort = (): void => over.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.after(EVERY_MS, () => over.resolve());
  try {
    signal.throwIfAborted();
    await over.promise;
  } finally {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
}
