import { problemOf, wordsOf } from '../model/problem.ts';
import type { Clock } from '../platform/clock.ts';
import type { Paths } from '../platform/paths.ts';
import type { Fetch } from '../profiles/sources/background.ts';
import type { Log } from './log.ts';

type Needs = {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** A source has another state; of a signed one it may be in use already. */
  readonly onFetched?: () => void;
  /** Ends it. */
  readonly ending: AbortSignal;
};

/** How often it is looked whether a source's time has come; the setting may change at any time. */
const LOOK_MS = 60_000;

/**
 * Fetches the team's sources in the background, at the interval of the setting. It fetches only: no profile is read here, and
 * nothing that was fetched is used before a person has trusted it.
 */
export function keepSourcesFresh({ paths, env, clock, random, log, onFetched, ending }: Needs): void {
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    // Loaded late: the start of the supervisor is short.
    const { fetchDue } = await import('../profiles/sources/background.ts');
    const fetches = await fetchDue({ paths, env, now: clock.now, random, signal: ending });
    if (ending.aborted) return;
    for (const fetch of fetches) tell(fetch, log);
    if (fetches.some(({ brought }) => brought)) onFetched?.();
  };
  const wait = (): void => {
    if (ending.aborted) return;
    cancel = clock.after(LOOK_MS * (0.5 + random()), () => {
      look()
        .catch((error: unknown) => log.debug('sources-unread', { text: wordsOf(problemOf(error)).text }))
        .finally(wait);
    });
  };
  ending.addEventListener('abort', () => cancel(), { once: true });
  wait();
}

/** A source that cannot be fetched, as while there is no network, is no news: `profiles list` shows it to who asks. */
function tell({ name, pending, brought, error }: Fetch, log: Log): void {
  if (error !== null) return log.debug('source-not-fetched', { text: wordsOf(problemOf(error), name).text });
  if (!brought) return;
  const files = pending?.changes.length ?? 0;
  const text = pending === null ? `The source ${name} was fetched.` : `The source ${name} has an update (files that differ: ${files}).`;
  log.info('source-fetched', { text: `${text} See it: tunnels profiles update ${name}` });
}
