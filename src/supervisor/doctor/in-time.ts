import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';

const DEADLINE_MS = 20_000;

/** What the work comes to, or null where it takes too long or fails: a fact that could not be found out. */
export async function inTime<T>({ clock }: { readonly clock: Clock }, work: Promise<T>): Promise<T | null> {
  const late = deferred<null>();
  const cancel = clock.after(DEADLINE_MS, () => late.resolve(null));
  try {
    return await Promise.race([work.catch(() => null), late.promise]);
  } finally {
    cancel();
  }
}
