import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { TcpAddress } from '../../../model/address.ts';
import type { Clock } from '../../../platform/clock.ts';
import { deferred } from '../../../platform/deferred.ts';
import type { Remote } from '../../remote/types.ts';
import { ChannelRefused } from '../../session/open-channel.ts';
import type { Offer } from '../../types.ts';

/** `deaf`: somebody took the connection there, and it is not us. `unknown`: the server does not let us try, or was lost. */
export type Heard = 'ours' | 'deaf' | 'nothing-listens' | 'unknown';

export type TestGiven = { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number };

/** Measured 2 to 90 ms on a machine at rest. */
const TIMEOUT_MS = 1_000;
/** SSH_OPEN_CONNECT_FAILED (RFC 4254 section 5.1). */
const CONNECT_FAILED = 2;

/**
 * Proves without any rights on the server that a binding leads to us: a connection from the hop to its own port, with a
 * word in it that we must hear. It stands before what serves the binding (`onOffer`), and keeps its own connections from it.
 * While a test runs, others from the same address wait until they have spoken or the test is over.
 */
export class BindingTest {
  readonly #serve: (offer: Offer) => void;
  #expected: Expected | null = null;

  constructor(serve: (offer: Offer) => void) {
    this.#serve = serve;
  }

  readonly onOffer = (offer: Offer): void => {
    // A connection to one of a machine's own addresses comes from that address.
    if (this.#expected !== null && offer.origin?.host === this.#expected.host) void this.#taste(offer, this.#expected);
    else this.#serve(offer);
  };

  /** One address at a time, such as 127.0.0.1 and ::1. Rejects only with the signal's reason. */
  async run(remote: Pick<Remote, 'openRaw'>, at: TcpAddress, { clock, signal, timeoutMs = TIMEOUT_MS }: TestGiven): Promise<Heard> {
    signal.throwIfAborted();
    const result = deferred<Heard>();
    const over = deferred<void>();
    const word = Buffer.from(`${randomBytes(16).toString('hex')}\r\n`);
    this.#expected = { host: at.host, word, heard: () => result.resolve('ours'), over: over.promise };
    let opened = false;
    const opening = remote.openRaw(at);
    opening.then(
      (channel) => {
        opened = true;
        channel.write(word);
      },
      (error: unknown) =>
        result.resolve(error instanceof ChannelRefused && error.reason === CONNECT_FAILED ? 'nothing-listens' : 'unknown'),
    );
    const onAbort = (): void => result.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const cancel = clock.after(timeoutMs, () => result.resolve(opened ? 'deaf' : 'unknown'));
    try {
      return await result.promise;
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
      this.#expected = null;
      over.resolve();
      opening.then(
        (channel) => channel.destroy(),
        () => {},
      );
    }
  }

  async #taste(offer: Offer, { word, heard, over }: Expected): Promise<void> {
    const channel = offer.accept();
    const first = await firstOf(channel, over);
    if (first?.subarray(0, word.length).equals(word) === true) {
      channel.destroy();
      heard();
      return;
    }
    if (first !== null) channel.unshift(first);
    this.#serve({ origin: offer.origin, accept: () => channel, reject: () => void channel.destroy() });
  }
}

type Expected = { readonly host: string; readonly word: Buffer; readonly heard: () => void; readonly over: Promise<void> };

/** What came first; null where nothing had come when the test was over, or nothing will. */
async function firstOf(channel: Duplex, over: Promise<void>): Promise<Buffer | null> {
  const first = deferred<Buffer | null>();
  const look = (): void => {
    const chunk = channel.read() as Buffer | null;
    if (chunk !== null || channel.readableEnded) first.resolve(chunk);
  };
  const gone = (): void => first.resolve(null);
  channel.on('readable', look).on('end', gone).on('close', gone);
  void over.then(gone);
  try {
    return await first.promise;
  } finally {
    channel.off('readable', look).off('end', gone).off('close', gone);
  }
}
