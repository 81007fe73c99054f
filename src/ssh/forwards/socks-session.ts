import type { Duplex } from 'node:stream';
import type { TcpAddress } from '../../model/address.ts';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import type { SocksTrouble } from '../../model/problems/binding.ts';
import type { Clock } from '../../platform/clock.ts';
import { type StopSignal, Stopper } from '../../platform/stopper.ts';
import { farewell } from './farewell.ts';
import { nextEvent } from './next-event.ts';
import { type SocksStep, socksStep } from './socks.ts';
import { granted, refusal, refusalOf } from './socks-reply.ts';
import { isGone } from './stream-end.ts';

/** How long a client may take to say what it wants. */
const HANDSHAKE_MS = 10_000;

export type SocksRequest = {
  readonly to: TcpAddress;
  grant(): void;
  /** Tells the client why and ends the connection. */
  refuse(because: Problem): void;
};

export type SocksGiven = {
  /** The listening end, for the words of a failure. */
  readonly listen: string;
  readonly clock: Clock;
  /** Aborted when the connection is to be dropped. */
  readonly signal: StopSignal;
};

/**
 * Hears out a SOCKS client. What it sent after its request stays in the stream, unread.
 * Rejects with ProblemError `socks-bad-request`, the client already answered and sent away.
 */
export async function askSocks(client: Duplex, given: SocksGiven): Promise<SocksRequest> {
  const patience = new Stopper();
  const stop = (): void => patience.abort();
  let isSlow = false;
  const cancel = given.clock.after(HANDSHAKE_MS, () => {
    isSlow = true;
    stop();
  });
  given.signal.addEventListener('abort', stop);
  if (given.signal.aborted) stop();
  try {
    const step = await converse(client, { patience });
    if (step.kind === 'asked') return requestOf(client, { step, clock: given.clock });
    farewell(client, { last: step.reply, clock: given.clock });
    throw badRequest(given.listen, isSlow ? 'slow' : step.why);
  } finally {
    cancel();
    given.signal.removeEventListener('abort', stop);
  }
}

type Last = Extract<SocksStep, { kind: 'asked' | 'refuse' }>;

async function converse(client: Duplex, { patience }: { patience: StopSignal }): Promise<Last> {
  let stage: 'hello' | 'request' = 'hello';
  let heard: Uint8Array = new Uint8Array();
  for (;;) {
    const step = socksStep(stage, heard);
    if (step.kind === 'method') {
      client.write(step.reply);
      stage = 'request';
      heard = step.rest;
    } else if (step.kind === 'more') {
      const more = await read(client, patience);
      if (more === null) return { kind: 'refuse', why: 'cut-short', reply: new Uint8Array() };
      heard = Buffer.concat([heard, more]);
    } else {
      if (step.kind === 'asked' && step.rest.length > 0) client.unshift(step.rest);
      return step;
    }
  }
}

async function read(client: Duplex, patience: StopSignal): Promise<Uint8Array | null> {
  while (!patience.aborted && !client.readableEnded && !isGone(client)) {
    const chunk = client.read() as Buffer | null;
    if (chunk !== null) return chunk;
    await nextEvent(client, ['readable', 'end', 'error', 'close'], patience);
  }
  return null;
}

function requestOf(client: Duplex, { step, clock }: { step: Extract<SocksStep, { kind: 'asked' }>; clock: Clock }): SocksRequest {
  return {
    to: step.to,
    grant: () => void client.write(granted(step.version)),
    refuse: (because) => farewell(client, { last: refusal(step.version, refusalOf(because)), clock }),
  };
}

const badRequest = (listen: string, why: SocksTrouble): ProblemError => new ProblemError(problem('socks-bad-request', { listen, why }));
