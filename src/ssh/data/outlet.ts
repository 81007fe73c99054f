import type { Duplex } from 'node:stream';
import type { ChannelWire } from './channel-parts.ts';
import type { DataChannel } from './channel.ts';
import type { Inside } from './inside.ts';
import { MESSAGE } from './messages.ts';
import { PacketWriter, type WriterGiven } from './packet-writer.ts';

/**
 * What goes out of one link: channels take turns, and nothing leaves while keys are being exchanged.
 * Short messages pass what waits for the connection to take more, data does not.
 */
export class Outlet implements ChannelWire {
  readonly #protocol: Inside;
  readonly #stream: Duplex;
  readonly #writer: PacketWriter;
  /** What waits for the end of a key exchange: messages, in order. */
  readonly #held: (() => void)[] = [];
  /** Channels that wait to send, first come first served. */
  #waiting = new Set<DataChannel>();
  #isExchanging = false;

  constructor(given: WriterGiven) {
    this.#protocol = given.protocol;
    this.#stream = given.stream;
    this.#writer = new PacketWriter(given);
    given.stream.on('drain', this.#resume);
  }

  get isNative(): boolean {
    return this.#writer.isNative;
  }

  get queued(): number {
    return this.#writer.queued;
  }

  get isFree(): boolean {
    return !this.#keysChange() && !this.#writer.isCongested;
  }

  await(channel: DataChannel): void {
    this.#waiting.add(channel);
  }

  forget(channel: DataChannel): void {
    this.#waiting.delete(channel);
  }

  data(remoteId: number, bytes: Uint8Array, { from, to }: { from: number; to: number }): void {
    const count = to - from;
    const packet = this.#writer.begin(9 + count);
    const at = this.#writer.at;
    packet[at] = MESSAGE.data;
    packet.writeUInt32BE(remoteId, at + 1);
    packet.writeUInt32BE(count, at + 5);
    packet.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), at + 9);
    this.#writer.end();
  }

  eof(remoteId: number): void {
    this.#short(MESSAGE.eof, remoteId);
  }

  adjust(remoteId: number, bytes: number): void {
    this.#whenKeysHold(() => this.#short(MESSAGE.adjust, remoteId, bytes));
  }

  close(channel: DataChannel): void {
    this.forget(channel);
    this.#whenKeysHold(() => this.#short(MESSAGE.close, channel.remoteId));
  }

  /** CHANNEL_FAILURE, the answer to a request that we do not know (RFC 4254 section 5.4). */
  fail(remoteId: number): void {
    this.#whenKeysHold(() => this.#short(MESSAGE.failure, remoteId));
  }

  message(message: Buffer): void {
    this.#whenKeysHold(() => {
      this.#writer.begin(message.length).set(message, this.#writer.at);
      this.#writer.end();
    });
  }

  /**
   * The link that writes may be one that this one carries, in the middle of a packet: without its native part ssh2 writes one in
   * pieces, and its ChaCha20 has the packet's number where that of ours would come between (crypto.js, POLY1305_OUT_COMPUTE).
   */
  betweenPackets(work: () => void): void {
    if (this.isNative) work();
    else queueMicrotask(work);
  }

  flush(): void {
    this.#writer.flush();
  }

  flushIfWorthIt(): void {
    this.#writer.flushIfWorthIt();
  }

  /** The new keys are in use. */
  keysAgreed(): void {
    this.#isExchanging = false;
    for (const send of this.#held.splice(0)) send();
    this.#resume();
  }

  stop(): void {
    this.#stream.off('drain', this.#resume);
    this.#waiting.clear();
    this.#held.length = 0;
  }

  readonly #resume = (): void => {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const channel of waiting) {
      if (this.isFree) channel.pump();
      else this.#waiting.add(channel);
    }
  };

  /** From a KEXINIT of either side until the new keys are used: nothing but the key exchange may be sent (RFC 4253 section 7.1). */
  #keysChange(): boolean {
    if (this.#protocol._kexinit !== undefined) this.#isExchanging = true;
    return this.#isExchanging;
  }

  #whenKeysHold(send: () => void): void {
    if (this.#keysChange()) this.#held.push(send);
    else send();
  }

  #short(type: number, remoteId: number, value?: number): void {
    const packet = this.#writer.begin(value === undefined ? 5 : 9);
    const at = this.#writer.at;
    packet[at] = type;
    packet.writeUInt32BE(remoteId, at + 1);
    if (value !== undefined) packet.writeUInt32BE(value, at + 5);
    this.#writer.end();
  }
}
