import type { Address, TcpAddress } from '../../model/address.ts';

/** What ssh2 has understood of CHANNEL_OPEN. */
export type OpenedByServer = {
  readonly type: string;
  readonly sender: number;
  readonly window: number;
  readonly packetSize: number;
  readonly data: {
    readonly destIP?: string;
    readonly destPort?: number;
    readonly srcIP?: string;
    readonly srcPort?: number;
    readonly socketPath?: string;
  };
};

export type Offered = { readonly at: Address; readonly origin: TcpAddress | null };

/** RFC 4254 section 5.1. */
export const CONNECT_FAILED = 2;

/** Null: no connection of a remote forward (RFC 4254 section 7.2; OpenSSH's PROTOCOL, 2.4). */
export function offeredBy({ type, data }: OpenedByServer): Offered | null {
  if (type === 'forwarded-streamlocal@openssh.com') return { at: { path: data.socketPath ?? '' }, origin: null };
  if (type !== 'forwarded-tcpip') return null;
  return { at: { host: data.destIP ?? '', port: data.destPort ?? 0 }, origin: { host: data.srcIP ?? '', port: data.srcPort ?? 0 } };
}
