import { type Address, isSocket, LOOPBACK, type TcpAddress } from '../../model/address.ts';
import { BadPacket } from './opener.ts';

/** Message numbers of the connection protocol (RFC 4254 section 9). */
export const MESSAGE = {
  ignore: 2,
  open: 90,
  confirm: 91,
  refuse: 92,
  adjust: 93,
  data: 94,
  extended: 95,
  eof: 96,
  close: 97,
  failure: 100,
} as const;

/** What we tell of our end of a channel. */
export type OurTerms = { readonly id: number; readonly window: number; readonly packetBytes: number };

/** CHANNEL_OPEN of direct-tcpip (RFC 4254 section 7.2) or direct-streamlocal@openssh.com (OpenSSH's PROTOCOL, 2.4). */
export const openMessage = (to: Address, origin: TcpAddress | null, { id, window, packetBytes }: OurTerms): Buffer =>
  isSocket(to)
    ? message(MESSAGE.open, ['direct-streamlocal@openssh.com', id, window, packetBytes, to.path, '', 0])
    : message(MESSAGE.open, ['direct-tcpip', id, window, packetBytes, to.host, to.port, origin?.host ?? LOOPBACK, origin?.port ?? 0]);

/** CHANNEL_OPEN_CONFIRMATION (RFC 4254 section 5.1). */
export const confirmation = (remoteId: number, { id, window, packetBytes }: OurTerms): Buffer =>
  message(MESSAGE.confirm, [remoteId, id, window, packetBytes]);

/** A uint32 of a message that ends at `end`. */
export function numberIn(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new BadPacket('a message that is too short');
  return bytes.readUInt32BE(at);
}

/** Its number and its fields, each a uint32 or a string (RFC 4251 section 5). In one buffer, as every connection needs one. */
function message(type: number, fields: readonly (number | string)[]): Buffer {
  let size = 1;
  for (const field of fields) size += typeof field === 'number' ? 4 : 4 + Buffer.byteLength(field);
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.writeUInt8(type);
  for (const field of fields) {
    const length = typeof field === 'number' ? 0 : bytes.write(field, at + 4);
    at = bytes.writeUInt32BE(typeof field === 'number' ? field : length, at) + length;
  }
  return bytes;
}
