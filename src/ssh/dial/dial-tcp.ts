import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { ProblemError, problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';
import { firstSpace, ReadSocket } from '../data/read-socket.ts';
import { problemOfDial } from './dial-problem.ts';
import { type Ends, type From, sourcesFor } from './source-address.ts';

export type DialRequest = {
  readonly host: string;
  readonly port: number;
  readonly family: 'any' | 'inet' | 'inet6';
  readonly timeoutMs: number;
  /** Where the connection begins here; null or left out: the system chooses. */
  readonly from?: From | null;
};
export type DialGiven = {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly lookup?: (host: string, options: { all: true; family: 0 | 4 | 6 }) => Promise<LookupAddress[]>;
};

/** Between the first tries of different addresses of one name (RFC 8305 section 5). */
const NEXT_ADDRESS_MS = 250;
/**
 * Between tries of a network that does not answer. The kernel doubles the distance of its own SYNs
 * (1, 3, 7, 15 s ...), so a connection begun in an outage notices its end late; a new one notices it
 * within this time. The older tries stay for a while: on a very slow line one of them is the one that gets through.
 */
const FRESH_SYN_MS = 400;
/** A try this old is outlived: the kernel's next SYN of it is seconds away. */
const OUTLIVED_MS = 4_000;

/** A TCP connection without Nagle's delay. Rejects with `dns-failed`, `local-address-missing` or what `problemOfDial` says. */
export async function dialTcp(request: DialRequest, given: DialGiven): Promise<Socket> {
  const addresses = await sourcesFor(request, await resolve(request, given));
  return await new Race(request, given, addresses).run();
}

const FAMILY = { any: 0, inet: 4, inet6: 6 } as const;

async function resolve(request: DialRequest, given: DialGiven): Promise<readonly LookupAddress[]> {
  const look = given.lookup ?? ((host, options) => systemLookup(host, { ...options, order: 'verbatim' }));
  const gone = deferred<never>();
  const code = (value: string) => gone.reject(new ProblemError(problem('dns-failed', { host: request.host, code: value })));
  const cancel = given.clock.after(request.timeoutMs, () => code('ETIMEOUT'));
  const abort = () => gone.reject(given.signal.reason);
  given.signal.addEventListener('abort', abort, { once: true });
  try {
    given.signal.throwIfAborted();
    const family = FAMILY[request.family];
    const found = await Promise.race([look(request.host, { all: true, family }), gone.promise]);
    // An address in place of a name comes back as it is, whatever family was asked for.
    const fit = found.filter((entry) => family === 0 || entry.family === family);
    if (fit.length === 0) throw new ProblemError(problem('dns-failed', { host: request.host, code: 'EAI_ADDRFAMILY' }));
    return interleave(fit);
  } catch (error) {
    if (error instanceof ProblemError || given.signal.aborted) throw error;
    throw new ProblemError(problem('dns-failed', { host: request.host, code: (error as NodeJS.ErrnoException).code ?? 'UNKNOWN' }));
  } finally {
    cancel();
    given.signal.removeEventListener('abort', abort);
  }
}

/** Families take turns, the resolver's first one first (RFC 8305 section 4). */
function interleave(found: readonly LookupAddress[]): LookupAddress[] {
  const first = found.filter((entry) => entry.family === found[0]?.family);
  const second = found.filter((entry) => entry.family !== found[0]?.family);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [first[i], second[i]])
    .flat()
    .flatMap((entry) => (entry === undefined ? [] : [entry]));
}

/** Until its session listens, a reset would be an error that nobody hears of. */
const hearNothing = (): void => {};

/** Several tries at once; the first to connect wins and the others end unheard. */
class Race {
  readonly #request: DialRequest;
  readonly #given: DialGiven;
  readonly #addresses: readonly Ends[];
  readonly #open = new Set<Socket>();
  readonly #result = deferred<Socket>();
  #next = 0;
  #cancelNext = () => {};

  constructor(request: DialRequest, given: DialGiven, addresses: readonly Ends[]) {
    this.#request = request;
    this.#given = given;
    this.#addresses = addresses;
  }

  async run(): Promise<Socket> {
    const { clock, signal } = this.#given;
    const { host, port, timeoutMs } = this.#request;
    const tooLate = () => this.#result.reject(new ProblemError(problem('connect-timeout', { host, port, ms: timeoutMs })));
    const cancelTimeout = clock.after(timeoutMs, tooLate);
    const abort = () => this.#result.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      signal.throwIfAborted();
      this.#tryNext();
      return await this.#result.promise;
    } finally {
      cancelTimeout();
      this.#cancelNext();
      signal.removeEventListener('abort', abort);
      for (const socket of this.#open) socket.destroy();
    }
  }

  #tryNext(): void {
    this.#cancelNext();
    const address = this.#addresses[this.#next++ % this.#addresses.length];
    if (address === undefined) return;
    const wait = this.#next < this.#addresses.length ? NEXT_ADDRESS_MS : FRESH_SYN_MS;
    this.#cancelNext = this.#given.clock.after(wait, () => this.#tryNext());
    this.#try(address);
  }

  #try({ address, from }: Ends): void {
    const options = { host: address, port: this.#request.port, noDelay: true, ...(from !== null && { localAddress: from }) };
    const socket = new ReadSocket(firstSpace(), options).connect(options);
    this.#open.add(socket);
    const cancel = this.#given.clock.after(OUTLIVED_MS, () => {
      if (this.#open.delete(socket)) socket.destroy();
    });
    socket.once('close', cancel).once('connect', cancel);
    socket.once('error', (error) => this.#failed(socket, error));
    socket.once('connect', () => {
      // What listens keeps this race as long as the socket lives.
      socket.off('close', cancel).removeAllListeners('error').on('error', hearNothing);
      this.#open.delete(socket);
      this.#result.resolve(socket);
    });
  }

  /** An answer settles its address; with every address tried and none pending it settles the dial. */
  #failed(socket: Socket, error: NodeJS.ErrnoException): void {
    this.#open.delete(socket);
    if (this.#next < this.#addresses.length) this.#tryNext();
    else if (this.#open.size === 0) this.#result.reject(new ProblemError(problemOfDial(this.#request, error), { cause: error }));
  }
}
