import { type StopSignal, Stopper } from '../../platform/stopper.ts';
import type { Visit } from './serve.ts';

/**
 * A client that sent nothing and ended may still wait for an answer (a half-close), or may be gone altogether: on the
 * wire both are one FIN. Where the target is there, the answer comes well within this time; where the link is down, a
 * client that is still silent after it is taken as gone.
 */
const HALF_CLOSE_GRACE_MS = 2_000;

/** Aborted when the client leaves, or is to be dropped, before it was joined to its target; `end` stops watching. */
export function watchLeaving({ client, stay, clock }: Visit): { readonly signal: StopSignal; end(): void } {
  const gone = new Stopper();
  const leave = (): void => gone.abort();
  let cancel = (): void => undefined;
  // Nobody reads yet, so 'end' comes only where there is nothing to read before it.
  const onEnd = (): void => void (cancel = clock.after(HALF_CLOSE_GRACE_MS, leave));
  client.on('error', leave).on('close', leave).on('end', onEnd);
  stay.stop.addEventListener('abort', leave);
  if (client.destroyed || stay.stop.aborted) leave();
  return {
    signal: gone,
    end() {
      cancel();
      client.off('error', leave).off('close', leave).off('end', onEnd);
      stay.stop.removeEventListener('abort', leave);
    },
  };
}
