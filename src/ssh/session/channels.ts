import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { Address, TcpAddress } from '../../model/address.ts';
import type { DataPathWord } from '../../model/snapshot.ts';
import { DataPath } from '../data/data-path.ts';
import type { DataShared } from '../data/data-shared.ts';
import type { OnRemark } from '../remark.ts';
import type { Offer } from '../types.ts';
import { PlainChannels } from './plain-channels.ts';

/** A connection that came in at an address that we listen on. */
export type OnOffer = (at: Address, offer: Offer) => void;

/** What one session's channels are, and what they hold, in bytes. */
export type ChannelUsage = {
  readonly path: DataPathWord;
  /** Why the path is ssh2's although ours was wanted; null: it is not. */
  readonly plainBecause: string | null;
  readonly channels: number;
  /** What the server may send before it was taken from us, on all of them. */
  readonly windows: number;
  /** What waits to be sent: the server, or the connection, has not taken it yet. */
  readonly queued: number;
};

/** The channels of one session that carry users' bytes, and what is seen of its traffic. */
export interface Channels {
  readonly usage: ChannelUsage;
  /** Rejects with ChannelRefused. On a connection that dies it may not be settled. */
  open(to: Address, origin: TcpAddress | null): Promise<Duplex>;
  onOffer(call: OnOffer): void;
  /** Each read and each write of the session, in bytes; nothing may be sent from within. Returns its end. */
  onReceived(call: (bytes: number) => void): () => void;
  onSent(call: (bytes: number) => void): void;
  /** Nothing was heard for a while. */
  rest(): void;
  /** The session is lost: breaks every channel. */
  stop(error: Error): void;
}

export type ChannelsGiven = {
  readonly client: Client;
  readonly stream: Duplex;
  /** Null: ssh2 is to do it all. */
  readonly data: DataShared | null;
  readonly rttMs: () => number | null;
  readonly onRemark: OnRemark;
};

/** The data path where it knows the ssh2 that it finds, and ssh2's own channels otherwise: they behave alike. */
export function channelsOf({ client, stream, data, rttMs, onRemark }: ChannelsGiven): Channels {
  if (data === null) return new PlainChannels(client, stream);
  try {
    return new DataPath({ client, stream, shared: data, rttMs });
  } catch (error) {
    const plainBecause = (error as Error).message;
    onRemark({ is: 'plain-data-path', why: plainBecause });
    return new PlainChannels(client, stream, { plainBecause });
  }
}
