import type { Duplex } from 'node:stream';
import { ProblemError, problem } from '../../model/problem.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import type { Link, Listener, Offer, Service } from '../types.ts';
import { Crowd, type Stay } from './crowd.ts';
import { quiet, reachUnless } from './reach.ts';
import { joinUntil, serve, tally } from './serve.ts';
import { reset } from './stream-end.ts';

type Place = Pick<Link, 'listen' | 'lost' | 'hop'>;

/**
 * Listens on a hop for a `remote` or `remote-dynamic` forward. Rejects with what `link.listen` rejects with.
 * When the link is lost, every connection of this listener is dropped.
 */
export async function listenThere(link: Place, service: Service, { clock = systemClock }: { clock?: Clock } = {}): Promise<Listener> {
  const crowd = new Crowd();
  const binding = await link.listen(service.forward.listen, (offer) => crowd.admit((stay) => take({ offer, stay, clock, link }, service)));
  void link.lost.then(() => crowd.drain(0, clock));
  const close = async (drainMs: number): Promise<void> => {
    await Promise.all([binding.close(), crowd.drain(drainMs, clock)]);
  };
  return { address: binding.address, close };
}

type Arrival = { readonly offer: Offer; readonly stay: Stay; readonly clock: Clock; readonly link: Place };

/** A SOCKS client must be heard before there is a target; any other is accepted only once the target is there. */
function take(arrival: Arrival, service: Service): Promise<void> {
  const { to } = service.forward;
  const { offer, stay } = arrival;
  if (to === null) return takeSocks(arrival, service);
  return tally(service, {
    stop: stay.stop,
    work: async () => {
      const target = await reachUnless(service.reach, { to, origin: offer.origin, signal: stay.stop }).catch((error: unknown) => {
        refuse(offer);
        throw error;
      });
      const client = accept(arrival, { orElse: () => reset(target) });
      await joinUntil({ client, target, stay }, service);
    },
  });
}

async function takeSocks(arrival: Arrival, service: Service): Promise<void> {
  const { offer, stay, clock } = arrival;
  let client: Duplex;
  try {
    client = accept(arrival, { orElse: () => undefined });
  } catch (error) {
    return tally(service, { stop: stay.stop, work: () => Promise.reject(error as Error) });
  }
  await serve({ client, origin: offer.origin, stay, clock }, service);
}

function accept({ offer, link }: Arrival, { orElse }: { orElse: () => void }): Duplex {
  try {
    return quiet(offer.accept());
  } catch (error) {
    // ssh2 throws where its connection has just died.
    orElse();
    throw new ProblemError(problem('link-closed', { host: link.hop.host }), { cause: error });
  }
}

function refuse(offer: Offer): void {
  try {
    offer.reject();
  } catch {
    // The connection is gone, and the offer with it.
  }
}
