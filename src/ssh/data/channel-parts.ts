import type { DataChannel } from './channel.ts';

/** A server that sends more than it may is left alone for this much: OpenSSH forgives a little as well. */
export const FORGIVEN = 128 * 1024;
/** More than the server says it takes makes no packet better. */
export const MOST_DATA = 64 * 1024;

/** What a channel needs of its link. */
export type ChannelWire = {
  /** False: packets must wait, in a key exchange or behind what the connection has not taken. */
  readonly isFree: boolean;
  /** `pump` will be called when packets may be sent again. */
  await(channel: DataChannel): void;
  data(remoteId: number, bytes: Uint8Array, at: { readonly from: number; readonly to: number }): void;
  eof(remoteId: number): void;
  adjust(remoteId: number, bytes: number): void;
  /** Our CLOSE; the number may be used again when the server's has come as well. */
  close(channel: DataChannel): void;
  /** Runs it at once, or as soon as no packet is half made. */
  betweenPackets(work: () => void): void;
  flushIfWorthIt(): void;
  flush(): void;
};

/** Takes what arrives in place of the stream's reader. Slices hold only during the call; true: it still needs them. */
export type Taker = {
  take(slices: readonly Buffer[]): boolean;
  /** Bytes that it has and nobody has taken from it. */
  readonly unread: number;
};

/** What the server allows us. */
export type Terms = { readonly remoteId: number; readonly window: number; readonly packetBytes: number };
