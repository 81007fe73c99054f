import type { Duplex } from 'node:stream';
import { printAddress, type TcpAddress } from '../../model/address.ts';
import { problemOf } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import type { StopSignal } from '../../platform/stopper.ts';
import type { Service } from '../types.ts';
import type { Stay } from './crowd.ts';
import { join } from './pipe.ts';
import { quiet, reachUnless } from './reach.ts';
import { askSocks } from './socks-session.ts';
import { reset } from './stream-end.ts';
import { watchLeaving } from './watch-leaving.ts';

export type Visit = { readonly client: Duplex; readonly origin: TcpAddress | null; readonly stay: Stay; readonly clock: Clock };

/** One accepted connection from its first byte to its last, with or without SOCKS; never rejects. */
export function serve(visit: Visit, service: Service): Promise<void> {
  quiet(visit.client);
  return tally(service, { stop: visit.stay.stop, work: () => joinTarget(visit, service) });
}

async function joinTarget(visit: Visit, service: Service): Promise<void> {
  const { client, origin, stay } = visit;
  const { to } = service.forward;
  const leaving = watchLeaving(visit);
  const { signal } = leaving;
  try {
    const target = await (to === null ? reachAsked(visit, { service, signal }) : reachUnless(service.reach, { to, origin, signal }));
    leaving.end();
    await joinUntil({ client, target, stay }, service);
  } catch (error) {
    if (!client.writableEnded) reset(client);
    throw signal.aborted ? new Stopped() : error;
  } finally {
    leaving.end();
  }
}

/** What a SOCKS client asks for; it is told how that went. */
async function reachAsked(
  { client, origin, clock }: Visit,
  { service, signal }: { service: Service; signal: StopSignal },
): Promise<Duplex> {
  const { forward, reach } = service;
  const request = await askSocks(client, { listen: printAddress(forward.listen), clock, signal });
  try {
    const target = await reachUnless(reach, { to: request.to, origin, signal });
    request.grant();
    return target;
  } catch (error) {
    if (!signal.aborted) request.refuse(problemOf(error));
    throw error;
  }
}

/** Both ends joined until they are over, or both reset when the stay ends. */
export function joinUntil({ client, target, stay }: { client: Duplex; target: Duplex; stay: Stay }, { meter }: Service): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      reset(client);
      reset(target);
      // Over a silent link a stopped channel may stay half-open for long; nobody is to wait for it.
      resolve();
    };
    stay.stop.addEventListener('abort', stop);
    stay.joined();
    join(client, target, {
      meter,
      over: () => {
        stay.stop.removeEventListener('abort', stop);
        resolve();
      },
    });
    if (stay.stop.aborted) stop();
  });
}

/** A connection that was dropped by us or left by its client is no failure of the target. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

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
