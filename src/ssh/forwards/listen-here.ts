import type { Socket } from 'node:net';
import { isSocket, printAddress, type TcpAddress } from '../../model/address.ts';
import { problem } from '../../model/problem.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import type { Listener, Service } from '../types.ts';
import { type Bound, errorCode, type Half, type HeldGiven, HERE, problemOfBind } from './bind.ts';
import { bindSocket } from './bind-socket.ts';
import { bindTcp } from './bind-tcp.ts';
import { Crowd } from './crowd.ts';
import { serve } from './serve.ts';

/** `describe`: words for whoever holds a port, for a caller who looks for the holder himself. */
export type ListenGiven = { readonly signal?: AbortSignal; readonly clock?: Clock; readonly describe?: () => string };

/** `half`: not the whole of `localhost`; null: as asked. */
export type LocalListener = Listener & { readonly half: Half | null };

/**
 * Listens on this machine for a `local` or `dynamic` forward. Rejects with ProblemError `binding-held`,
 * `bind-no-permission`, `bind-bad-address`, `bind-path-too-long` or `bind-failed`, or with the signal's reason.
 */
export async function listenHere(service: Service, { signal, clock = systemClock, describe }: ListenGiven = {}): Promise<LocalListener> {
  signal?.throwIfAborted();
  const crowd = new Crowd();
  const onSocket = (socket: Socket): void => crowd.admit((stay) => welcome({ socket, stay, clock }, service));
  const bound = await bind(service, { onSocket, describe });
  if (signal?.aborted) {
    await Promise.all([bound.close(), crowd.drain(0, clock)]);
    signal.throwIfAborted();
  }
  const close = async (drainMs: number): Promise<void> => {
    const freed = bound.close();
    await crowd.drain(drainMs, clock);
    await freed;
  };
  return { address: bound.address, half: bound.half ?? null, close };
}

type BindHow = HeldGiven & { readonly onSocket: (socket: Socket) => void };

async function bind(service: Service, { onSocket, describe }: BindHow): Promise<Bound> {
  const { listen } = service.forward;
  const onTrouble = (error: Error): void => {
    service.meter.failed += 1;
    service.onFailure(problem('accept-failed', { listen: printAddress(listen), on: HERE, code: errorCode(error) }));
  };
  try {
    return await (isSocket(listen) ? bindSocket(listen, { onSocket, onTrouble }) : bindTcp(listen, { onSocket, onTrouble }));
  } catch (error) {
    throw await problemOfBind(error, listen, { describe });
  }
}

type Arrival = { readonly socket: Socket } & Pick<Parameters<typeof serve>[0], 'stay' | 'clock'>;

async function welcome({ socket, stay, clock }: Arrival, service: Service): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // A client that was refused politely may linger after its service.
  const drop = (): void => void socket.destroy();
  await serve({ client: socket, origin: originOf(socket), stay, clock }, service);
  stay.stop.addEventListener('abort', drop);
  if (stay.stop.aborted) drop();
  await closed;
  stay.stop.removeEventListener('abort', drop);
}

const originOf = ({ remoteAddress: host, remotePort: port }: Socket): TcpAddress | null =>
  host === undefined || port === undefined ? null : { host, port };
