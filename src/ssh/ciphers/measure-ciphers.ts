import { authenticates } from '../../decide/order-ciphers.ts';
import type { CipherCosts } from '../../model/cipher-costs.ts';
import type { Clock } from '../../platform/clock.ts';
import { openPacketCipher, type PacketCipher } from '../extensions/packet-cipher.ts';
import { ssh2Tables } from '../extensions/tables.ts';

/** What bulk travels in: the largest packet that every side takes (RFC 4253 section 6.1), less its head. */
const PACKET_BYTES = 32_768;
const ROUNDS = 24;
const SLICE_MS = 0.4;
const MOST_IN_SLICE = 8;
const PAUSE_MS = 25;

type Given = {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly signal: AbortSignal;
  /** Other than as ssh2 does it. */
  readonly open?: (name: string) => Promise<PacketCipher>;
};

/**
 * What each of the ciphers costs that we choose among by ourselves, done by the code that carries the data of connections.
 * Some 30 ms of work within a second, in slices, so that nothing waits for longer than a millisecond or a packet.
 * Rejects with UnknownSsh2, the error of a cipher that does not work, or the signal's reason.
 */
export async function measureCiphers({ clock, signal, open = openPacketCipher }: Given): Promise<CipherCosts> {
  const measured: Measured[] = [];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));
  try {
    for (const name of ssh2Tables().DEFAULT_CIPHER.filter(authenticates)) measured.push({ name, cipher: await open(name), took: [] });
    for (let round = 0; round < ROUNDS; round += 1) {
      // Close together, as a machine is not equally fast all the time.
      for (const { cipher, took } of measured) {
        took.push(slice(cipher, clock));
        await wait(0);
        signal.throwIfAborted();
      }
      await wait(PAUSE_MS);
    }
    return Object.fromEntries(measured.map(({ name, took }) => [name, (Math.min(...took) * 1e6) / PACKET_BYTES]));
  } finally {
    for (const { cipher } of measured) cipher.free();
  }
}

/** `took`: milliseconds for a packet, of each slice; what is more than the least of them was done by others meanwhile. */
type Measured = { readonly name: string; readonly cipher: PacketCipher; readonly took: number[] };

/** The middle one, as a single packet may be luck. */
function slice(cipher: PacketCipher, clock: Given['clock']): number {
  const took: number[] = [];
  const begun = clock.monotonic();
  for (let at = begun; at - begun < SLICE_MS && took.length < MOST_IN_SLICE; ) {
    cipher.roundTrip(PACKET_BYTES);
    const now = clock.monotonic();
    took.push(now - at);
    at = now;
  }
  return took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
}
