import { type Address, isSocket, LOOPBACK, type TcpAddress } from '../../model/address.ts';

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

export type OpenRequest = { readonly id: number; readonly window: number; readonly packetBytes: number };

/** CHANNEL_OPEN of direct-tcpip (RFC 4254 section 7.2) or direct-streamlocal@openssh.com (OpenSSH's PROTOCOL, 2.4). */
export function openMessage(to: Address, origin: TcpAddress | null, { id, window, packetBytes }: OpenRequest): Buffer {
  const [type, about] = isSocket(to)
    ? ['direct-streamlocal@openssh.com', [text(to.path), text(''), number(0)]]
    : ['direct-tcpip', [text(to.host), number(to.port), text(origin?.host ?? LOOPBACK), number(origin?.port ?? 0)]];
  return Buffer.concat([Buffer.of(MESSAGE.open), text(type), number(id), number(window), number(packetBytes), ...about]);
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
