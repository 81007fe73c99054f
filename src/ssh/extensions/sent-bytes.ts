import type { Client } from 'ssh2';
import { requireShape } from './guard.ts';
import { protocolOf } from './protocol.ts';

/** Tells of each write of a client to its server how many bytes it has, packets whole: nothing may be sent from within. */
export function onBytesSent(client: Client, sent: (bytes: number) => void): void {
  const protocol = protocolOf(client);
  requireShape('Protocol._cipher', protocol._cipher, { _onWrite: 'function' });
  beforeEachWrite(protocol as Writing, sent);
}

/** What of ssh2's Protocol hands its packets on, encrypted. */
export type Writing = { _onWrite: OnWrite; readonly _cipher: { _onWrite: OnWrite } };
type OnWrite = (data: Buffer) => void;

/** Calls before each write of ssh2's own, with its bytes. */
export function beforeEachWrite(protocol: Writing, call: (bytes: number) => void): void {
  const { _onWrite: write } = protocol;
  protocol._onWrite = (data) => {
    call(data.length);
    write(data);
  };
  // It holds the function that was there when it was made; those of later keys take the new one.
  protocol._cipher._onWrite = protocol._onWrite;
}
