import type { Duplex } from 'node:stream';
import type { Channel, Client, TcpConnectionDetails, UNIXConnectionDetails } from 'ssh2';
import type { Address, TcpAddress } from '../../model/address.ts';
import { Roster } from '../../platform/roster.ts';
import { onBytesSent } from '../extensions/sent-bytes.ts';
import { hasNativeCrypto } from '../survey/native-crypto.ts';
import type { Channels, ChannelUsage, OnOffer } from './channels.ts';
import { breakChannel, openChannel } from './open-channel.ts';

/** ssh2's own, for each channel (lib/Channel.js, MAX_WINDOW). */
const WINDOW_BYTES = 2 * 1024 * 1024;

/** The channels as ssh2 makes them. */
export class PlainChannels implements Channels {
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #plainBecause: string | null;
  readonly #open = new Roster<Channel>();

  constructor(client: Client, stream: Duplex, { plainBecause = null }: { readonly plainBecause?: string | null } = {}) {
    this.#client = client;
    this.#stream = stream;
    this.#plainBecause = plainBecause;
  }

  get usage(): ChannelUsage {
    const channels = this.#open.size;
    const queued = this.#stream.writableLength;
    return { path: 'ssh2', plainBecause: this.#plainBecause, channels, windows: channels * WINDOW_BYTES, queued };
  }

  async open(to: Address, origin: TcpAddress | null): Promise<Channel> {
    const channel = this.#keep(await openChannel(this.#client, to, origin));
    if (!hasNativeCrypto()) writeBetweenPackets(channel);
    return channel;
  }

  onOffer(call: OnOffer): void {
    this.#client.on('tcp connection', (info: TcpConnectionDetails, accept, reject) => {
      const origin = { host: info.srcIP, port: info.srcPort };
      call({ host: info.destIP, port: info.destPort }, { origin, accept: () => this.#keep(accept()), reject: () => reject() });
    });
    this.#client.on('unix connection', (info: UNIXConnectionDetails, accept, reject) => {
      call({ path: info.socketPath }, { origin: null, accept: () => this.#keep(accept()), reject: () => reject() });
    });
  }

  onReceived(call: (bytes: number) => void): () => void {
    const onData = (chunk: Buffer): void => call(chunk.length);
    this.#stream.on('data', onData);
    return () => void this.#stream.off('data', onData);
  }

  onSent(call: (bytes: number) => void): void {
    onBytesSent(this.#client, call);
  }

  rest(): void {}

  stop(error: Error): void {
    for (const channel of this.#open.members()) breakChannel(channel, error);
    this.#open.clear();
  }

  #keep(channel: Channel): Channel {
    const seat = this.#open.enter(channel);
    // It reports the loss of its link, and nobody may read it any more.
    channel.on('error', () => {});
    channel.once('close', () => this.#open.leave(seat));
    return channel;
  }
}

/** As the data path does where the native part is missing (`betweenPackets` of data/outlet.ts). */
function writeBetweenPackets(channel: Channel): void {
  const write = channel._write;
  channel._write = (chunk, encoding, done) => queueMicrotask(() => write.call(channel, chunk, encoding, done));
}
