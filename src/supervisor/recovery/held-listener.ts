import { isSocket } from '../../model/address.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Listener } from '../../ssh/types.ts';
import type { Rungs } from './rungs.ts';

type HeldGiven = { readonly link: HopLink; readonly release: () => void; readonly rungs: Pick<Rungs, 'tidy'> };

/** A listener with what else is to be done at its end. Apart from the climb to it, which would be kept as long as it listens. */
export function heldListener(listener: Listener, { link, release, rungs }: HeldGiven): Listener {
  const { address } = listener;
  return {
    address,
    close: async (drainMs) => {
      // Nobody may take a socket's path while its file is being removed.
      if (!isSocket(address)) release();
      await listener.close(drainMs);
      await rungs.tidy(link, address);
      release();
    },
  };
}
