import type { Duplex } from 'node:stream';
import type { Clock } from '../../platform/clock.ts';
import { isGone, reset } from './stream-end.ts';

const LINGER_MS = 2_000;

/**
 * Sends the last bytes and ends. What still comes in is read and dropped for a moment: closing a TCP socket with
 * unread data sends an RST, and that may overtake the bytes. With nothing to say, the connection is reset at once.
 */
export function farewell(client: Duplex, { last, clock }: { last: Uint8Array; clock: Clock }): void {
  if (last.length === 0 || isGone(client)) return reset(client);
  const cancel = clock.after(LINGER_MS, () => reset(client));
  client.once('close', cancel);
  client.end(last);
  client.resume();
}
