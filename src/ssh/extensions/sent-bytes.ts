import type { Client } from 'ssh2';
import { requireShape } from './guard.ts';
import { type Protocol, protocolOf } from './protocol.ts';

/** Tells of each write of a client to its server how many bytes it has, packets whole: nothing may be sent from within. */
export function onBytesSent(client: Client, sent: (count: number) => void): void {
  const protocol = protocolOf(client);
  const { _onWrite: write } = protocol;
  protocol._onWrite = (data) => {
    sent(data.length);
    write(data);
  };
  // It holds the function that was there when it was made; those of later keys take the new one.
  const cipher = requireShape<NonNullable<Protocol['_cipher']>>('Protocol._cipher', protocol._cipher, { _onWrite: 'function' });
  cipher._onWrite = protocol._onWrite;
}
