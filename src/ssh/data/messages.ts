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
export function openMessage(to: Address, origin: TcpAddress | null, { id, window, packetBytes }: OurTerms): Buffer {
  const [type, about] = isSocket(to)
    ? ['direct-streamlocal@openssh.com', [text(to.path), text(''), number(0)]]
    : ['direct-tcpip', [text(to.host), number(to.port), text(origin?.host ?? LOOPBACK), number(origin?.port ?? 0)]];
  return Buffer.concat([Buffer.of(MESSAGE.open), text(type), number(id), number(window), number(packetBytes), ...about]);
}

/** CHANNEL_OPEN_CONFIRMATION (RFC 4254 section 5.1). */
export const confirmation = (remoteId: number, { id, window, packetBytes }: OurTerms): Buffer =>
  Buffer.concat([Buffer.of(MESSAGE.confirm), number(remoteId), number(id), number(window), number(packetBytes)]);

/** A uint32 of a message that ends at `end`. */
export function numberIn(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new BadPacket('a message that is too short');
  return bytes.readUInt32BE(at);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
