import type { Duplex } from 'node:stream';
import { printAddress, type TcpAddress } from '../../model/address.ts';
import { problemOf } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import type { StopSignal } from '../../platform/stopper.ts';
import type { Service } from '../types.ts';
import type { Stay } from './crowd.ts';
import { join } from './pipe.ts';
import { quiet, reachUnless } from './reach.ts';
import { askSocks, type SocksRequest } from './socks-session.ts';
import { reset } from './stream-end.ts';
import { watchLeaving } from './watch-leaving.ts';

export type Visit = { readonly client: Duplex; readonly origin: TcpAddress | null; readonly stay: Stay; readonly clock: Clock };

/** One accepted connection from its first byte to its last, with or without SOCKS; never rejects. */
export function serve(visit: Visit, service: Service): Promise<void> {
  const { client, stay } = visit;
  quiet(client);
  return tally(service, {
    stop: stay.stop,
    work: async () => {
      try {
        await joinTarget(visit, service);
      } catch (error) {
        if (!client.writableEnded) reset(client);
        throw error;
      }
    },
  });
}

async function joinTarget(visit: Visit, service: Service): Promise<void> {
  const { client, origin, stay } = visit;
  const leaving = watchLeaving(visit);
  try {
    const request = await requestOf(visit, { service, signal: leaving.signal });
    const target = await reachUnless(service.reach, { to: request.to, origin, signal: leaving.signal }).catch((error: unknown) => {
      if (!leaving.signal.aborted) request.refuse(problemOf(error));
      throw stopOr(error, leaving.signal);
    });
    request.grant();
    leaving.end();
    await joinUntil({ client, target, stay }, service);
  } finally {
    leaving.end();
  }
}

type Request = Pick<SocksRequest, 'grant' | 'refuse'> & { readonly to: NonNullable<Service['forward']['to']> };

async function requestOf({ client, clock }: Visit, given: { service: Service; signal: StopSignal }): Promise<Request> {
  const { to, listen } = given.service.forward;
  if (to !== null) return { to, grant: () => undefined, refuse: () => reset(client) };
  return askSocks(client, { listen: printAddress(listen), clock, signal: given.signal }).catch((error: unknown) => {
    throw stopOr(error, given.signal);
  });
}

/** Both ends joined until they are over, or both reset when the stay ends. */
export async function joinUntil(ends: { client: Duplex; target: Duplex; stay: Stay }, { meter }: Service): Promise<void> {
  const { client, target, stay } = ends;
  const stop = (): void => [client, target].forEach(reset);
  stay.stop.addEventListener('abort', stop);
  stay.joined();
  const joined = join(client, target, meter);
  if (stay.stop.aborted) stop();
  // Over a silent link a stopped channel may stay half-open for long; nobody is to wait for it.
  await Promise.race([joined, aborted(stay.stop)]);
  stay.stop.removeEventListener('abort', stop);
}

const aborted = (signal: StopSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', resolve)));

/** A connection that was dropped by us or left by its client is no failure of the target. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

const stopOr = (error: unknown, signal: StopSignal): unknown => (signal.aborted ? new Stopped() : error);

/** Keeps the books of one connection. */
export async function tally(service: Service, { stop, work }: { stop: StopSignal; work: () => Promise<void> }): Promise<void> {
  const { meter } = service;
  meter.total += 1;
  meter.open += 1;
  meter.onChange();
  try {
    await work();
  } catch (error) {
    if (stop.aborted || error instanceof Stopped) return;
    meter.failed += 1;
    service.onFailure(problemOf(error));
  } finally {
    meter.open -= 1;
    meter.onChange();
  }
}
