import type { Client } from 'ssh2';
import type { Clock } from '../../platform/clock.ts';
import { exchangeKeysAnew } from '../extensions/key-exchange.ts';
import type { RekeyOptions } from '../hop-options.ts';
import type { Channels } from './channels.ts';

export type RekeyGiven = {
  readonly client: Client;
  readonly traffic: Pick<Channels, 'onReceived' | 'onSent'>;
  readonly limit: RekeyOptions;
  readonly clock: Clock;
};

/** RFC 4253 section 9. */
const BYTES = 2 ** 30;
const SECONDS = 3_600;
/**
 * No packet has less than 16 bytes, so that a key is used for no more than 2^31 packets, whatever ssh_config allows
 * (RFC 4344 section 3.1): ChaCha20's nonce is the packet's number, of 32 bits.
 */
const MOST_BYTES = 16 * 2 ** 31;

/**
 * Exchanges keys anew after so many bytes in either direction and after so long, and counts from the last exchange, whoever
 * began it. ssh2 begins none by itself. Returns its end.
 */
export function keepKeysFresh({ client, traffic, limit, clock }: RekeyGiven): () => void {
  const bytes = Math.min(limit.bytes ?? BYTES, MOST_BYTES);
  const since = { sent: 0, received: 0, asked: false };
  let cancel = () => {};
  const begin = (): void => {
    if (since.asked) return;
    since.asked = true;
    // Not from within a write: a packet may be sent by halves.
    queueMicrotask(() => exchangeKeysAnew(client));
  };
  const restart = (): void => {
    Object.assign(since, { sent: 0, received: 0, asked: false });
    cancel();
    cancel = clock.after((limit.seconds ?? SECONDS) * 1_000, begin);
  };
  const deafen = traffic.onReceived((count) => {
    since.received += count;
    if (since.received >= bytes) begin();
  });
  traffic.onSent((count) => {
    since.sent += count;
    if (since.sent >= bytes) begin();
  });
  client.on('handshake', restart);
  restart();
  return () => {
    // What is still sent on a dead connection begins nothing.
    since.asked = true;
    cancel();
    deafen();
    client.off('handshake', restart);
  };
}
