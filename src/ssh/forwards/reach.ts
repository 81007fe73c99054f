import type { Duplex } from 'node:stream';
import type { Address, TcpAddress } from '../../model/address.ts';
import type { StopSignal } from '../../platform/stopper.ts';
import type { Link, Reach } from '../types.ts';
import { reset } from './stream-end.ts';

/** A Reach through a hop: what the link says, as it says it. */
export const reachThrough =
  (link: Pick<Link, 'open'>): Reach =>
  (to, origin, signal) =>
    reachUnless((t, o) => link.open(t, o), { to, origin, signal });

export type Errand = { readonly to: Address; readonly origin: TcpAddress | null; readonly signal: StopSignal };

/** Rejects with the signal's reason as soon as it is aborted; a target that is reached later is let go at once. */
export function reachUnless(reach: Reach, { to, origin, signal }: Errand): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop);
    reach(to, origin, signal).then(
      (target) => {
        signal.removeEventListener('abort', stop);
        if (signal.aborted) reset(quiet(target));
        else resolve(quiet(target));
      },
      (error: unknown) => {
        signal.removeEventListener('abort', stop);
        reject(error as Error);
      },
    );
  });
}

/** An error may come while nobody looks; whoever joins the stream sees its close. */
export const quiet = <Stream extends Duplex>(stream: Stream): Stream => stream.on('error', () => undefined);
