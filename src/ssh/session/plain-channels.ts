import type { Duplex } from 'node:stream';
import type { Channel, Client, TcpConnectionDetails, UNIXConnectionDetails } from 'ssh2';
import type { Address, TcpAddress } from '../../model/address.ts';
import { onBytesSent } from '../extensions/sent-bytes.ts';
import type { Channels, OnOffer } from './channels.ts';
import { breakChannel, openChannel } from './open-channel.ts';

/** The channels as ssh2 makes them. */
export class PlainChannels implements Channels {
  readonly #client: Client;
  readonly #stream: Duplex;
  readonly #open = new Set<Channel>();

  constructor(client: Client, stream: Duplex) {
    this.#client = client;
    this.#stream = stream;
  }

  async open(to: Address, origin: TcpAddress | null): Promise<Channel> {
    const channel = await openChannel(this.#client, to, origin);
    this.#open.add(channel);
    channel.once('close', () => this.#open.delete(channel));
    return channel;
  }

  onOffer(call: OnOffer): void {
    this.#client.on('tcp connection', (info: TcpConnectionDetails, accept, reject) => {
      const origin = { host: info.srcIP, port: info.srcPort };
      call({ host: info.destIP, port: info.destPort }, { origin, accept: () => accept(), reject: () => reject() });
    });
    this.#client.on('unix connection', (info: UNIXConnectionDetails, accept, reject) => {
      call({ path: info.socketPath }, { origin: null, accept: () => accept(), reject: () => reject() });
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
    for (const channel of this.#open) breakChannel(channel, error);
    this.#open.clear();
  }
}
