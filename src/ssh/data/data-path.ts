import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { Address, TcpAddress } from '../../model/address.ts';
import { deferred, type Deferred } from '../../platform/deferred.ts';
import type { Channels, OnOffer } from '../session/channels.ts';
import { ChannelRefused } from '../session/open-channel.ts';
import type { Batches } from './batches.ts';
import { type ChannelWire, DataChannel } from './channel.ts';
import { type Inside, insideOf, type OnPayload } from './inside.ts';
import { Inlet } from './inlet.ts';
import { MESSAGE, openMessage } from './messages.ts';
import { BadPacket } from './opener.ts';
import { PacketReader } from './packet-reader.ts';
import { PacketWriter } from './packet-writer.ts';
import { RoundTrip } from './round-trip.ts';
import { SizedWindow } from './sized-window.ts';
import { WINDOW_LIMITS, WindowBudget, type WindowLimits } from './window-budget.ts';

export type DataPathGiven = {
  readonly client: Client;
  /** What carries the session; ours alone from now on. */
  readonly stream: Duplex;
  readonly shared: DataShared;
  readonly rttMs: () => number | null;
};

/** What the links of one process share. */
export type DataShared = { readonly batches: Batches; readonly budget: WindowBudget; readonly limits: WindowLimits };

/** Ours begin here: ssh2 counts its own from 0, one for each command and file session. */
const FIRST_ID = 2 ** 24;
const OUR_PACKET_BYTES = 32 * 1024;

type Opening = Deferred<DataChannel> & { readonly window: SizedWindow; readonly askedAt: number };

/**
 * The channels that carry users' bytes, past ssh2's own: packets are read and made here, with the keys that ssh2 has
 * negotiated. What is not such a channel's goes to ssh2, and where its cipher is not one we know, ssh2 reads and writes
 * the packets and only the channels are ours.
 */
export class DataPath implements ChannelWire, Channels {
  readonly #given: DataPathGiven;
  readonly #protocol: Inside;
  readonly #reader: PacketReader;
  readonly #writer: PacketWriter;
  readonly #inlet: Inlet;
  readonly #budget: WindowBudget;
  readonly #roundTrip = new RoundTrip(now);
  readonly #channels = new Map<number, DataChannel>();
  readonly #openings = new Map<number, Opening>();
  readonly #freeIds: number[] = [];
  #nextId = FIRST_ID;
  /** Channels with data of the read that is under way. */
  readonly #touched: DataChannel[] = [];
  /** What waits for the end of a key exchange: messages, in order. */
  readonly #held: (() => void)[] = [];
  /** Channels that wait to send, first come first served. */
  #waiting = new Set<DataChannel>();
  #isExchanging = false;
  readonly #onReceived = new Set<OnBytes>();
  readonly #onSent = new Set<OnBytes>();
  #onOffer: OnOffer | null = null;

  /** Throws where ssh2 is not the one we know; nothing has been changed then. */
  constructor(given: DataPathGiven) {
    const { client, stream, shared } = given;
    this.#given = given;
    this.#protocol = insideOf(client);
    this.#budget = new WindowBudget(shared.limits.link, shared.budget);
    this.#writer = new PacketWriter({ protocol: this.#protocol, stream, batches: shared.batches, onSent: (bytes) => tell(this.#onSent, bytes) });
    const parse = listenersOf(stream);
    this.#reader = new PacketReader({
      protocol: this.#protocol,
      parse,
      onPayload: (bytes, start, end) => this.#take(bytes, start, end),
      onRead: () => this.#deliver(),
    });
    this.#listen(client);
    this.#inlet = new Inlet(stream, { reader: this.#reader, onBytes: (bytes) => tell(this.#onReceived, bytes), onError: (error) => this.#fail(error) });
    stream.on('drain', this.#resume);
  }

  /** Whether both ways use ssh2's native binding directly. */
  get isNative(): boolean {
    return this.#writer.isNative && this.#reader.isNative;
  }

  get usage(): { readonly channels: number; readonly windows: number; readonly queued: number } {
    return { channels: this.#channels.size, windows: this.#budget.used, queued: this.#writer.queued };
  }

  onReceived(call: OnBytes): () => void {
    this.#onReceived.add(call);
    return () => void this.#onReceived.delete(call);
  }

  onSent(call: OnBytes): void {
    this.#onSent.add(call);
  }

  onOffer(call: OnOffer): void {
    this.#onOffer = call;
  }

  /** Rejects with ChannelRefused. On a connection that dies it is not settled. */
  open(to: Address, origin: TcpAddress | null): Promise<DataChannel> {
    const id = this.#freeIds.pop() ?? this.#nextId++;
    const opening = { ...deferred<DataChannel>(), window: this.#newWindow(), askedAt: now() };
    this.#openings.set(id, opening);
    const message = openMessage(to, origin, { id, window: opening.window.size, packetBytes: OUR_PACKET_BYTES });
    this.#whenKeysHold(() => this.#send(message));
    return opening.promise;
  }

  #accept({ sender, window, packetSize }: OpenedByServer): DataChannel {
    if (this.#protocol._destruct === undefined) throw new Error('the session is over');
    const id = this.#freeIds.pop() ?? this.#nextId++;
    const channel = this.#channel(id, { remoteId: sender, window, packetBytes: packetSize }, this.#newWindow());
    const message = Buffer.allocUnsafe(17);
    message[0] = MESSAGE.confirm;
    [sender, id, channel.window.size, OUR_PACKET_BYTES].forEach((value, i) => message.writeUInt32BE(value, 1 + 4 * i));
    this.#whenKeysHold(() => this.#send(message));
    return channel;
  }

  /** Nothing was heard for a while. */
  rest(): void {
    this.#reader.rest();
    for (const channel of this.#channels.values()) channel.window.rest();
  }

  /** Its session is lost; what still comes is nobody's. */
  stop(error: Error): void {
    this.#reader.stop();
    this.#inlet.stop();
    this.#given.stream.off('drain', this.#resume);
    const lost = [...this.#channels.values()];
    this.#channels.clear();
    this.#openings.clear();
    this.#waiting.clear();
    this.#held.length = 0;
    for (const channel of lost) {
      channel.break(error);
      channel.window.release();
    }
  }

  // What a channel needs

  get isFree(): boolean {
    return !this.#keysChange() && !this.#writer.isCongested;
  }

  await(channel: DataChannel): void {
    this.#waiting.add(channel);
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
    this.#waiting.delete(channel);
    if (this.#channels.has(channel.id)) this.#whenKeysHold(() => this.#short(MESSAGE.close, channel.remoteId));
  }

  flushIfWorthIt(): void {
    this.#writer.flushIfWorthIt();
  }

  // What comes in

  #listen(client: Client): void {
    const protocol = this.#protocol;
    const take =
      (inner: OnPayload): OnPayload =>
      (payload) =>
        this.#take(payload, 0, payload.length) ? undefined : inner(payload);
    protocol._onPayload = take(protocol._onPayload);
    protocol._decipher._onPayload = take(protocol._decipher._onPayload);
    const request = protocol._handlers['CHANNEL_REQUEST'];
    protocol._handlers['CHANNEL_REQUEST'] = (...args) => {
      const [, id, , isReplyWanted] = args;
      const channel = this.#channels.get(id as number);
      if (channel === undefined) return request?.(...args);
      // OpenSSH asks on any open channel whether we are there; a refusal is an answer.
      if (isReplyWanted === true) this.#whenKeysHold(() => this.#short(MESSAGE.failure, channel.remoteId));
    };
    const open = protocol._handlers['CHANNEL_OPEN'];
    protocol._handlers['CHANNEL_OPEN'] = (...args) => {
      const offered = offeredBy(args[1] as OpenedByServer);
      if (offered === null) return open?.(...args);
      this.#offer(offered, args[1] as OpenedByServer);
    };
    client.on('handshake', () => {
      this.#isExchanging = false;
      for (const send of this.#held.splice(0)) send();
      this.#resume();
    });
  }

  #offer({ at, origin }: Offered, asked: OpenedByServer): void {
    const reject = (): void => this.#protocol.channelOpenFail(asked.sender, CONNECT_FAILED, '');
    if (this.#onOffer === null) reject();
    else this.#onOffer(at, { origin, accept: () => this.#accept(asked), reject });
  }

  #take(bytes: Buffer, start: number, end: number): boolean {
    const type = bytes[start] as number;
    if (type < MESSAGE.confirm || type > MESSAGE.close || end - start < 5) return false;
    const id = bytes.readUInt32BE(start + 1);
    if (id < FIRST_ID) return false;
    const channel = this.#channels.get(id);
    if (channel !== undefined) this.#hear(channel, { type, bytes, start, end });
    else this.#settle(id, { type, bytes, start, end });
    return true;
  }

  #hear(channel: DataChannel, { type, bytes, start, end }: Heard): void {
    switch (type) {
      case MESSAGE.data: {
        const from = start + 9;
        const to = from + numberIn(bytes, start + 5, end);
        if (to > end) throw new BadPacket('data of a length that is not there');
        channel.arrived(bytes.subarray(from, to));
        if (this.#touched.at(-1) !== channel) this.#touched.push(channel);
        break;
      }
      case MESSAGE.adjust:
        channel.heardAdjust(numberIn(bytes, start + 5, end));
        break;
      case MESSAGE.eof:
        this.#deliver();
        channel.heardEof();
        break;
      case MESSAGE.close:
        this.#deliver();
        channel.heardClose();
        this.#forget(channel);
        break;
      default:
    }
  }

  /** The answer to one of our requests; what belongs to none is nobody's. */
  #settle(id: number, { type, bytes, start, end }: Heard): void {
    const opening = this.#openings.get(id);
    if (opening === undefined) return;
    if (type === MESSAGE.confirm) {
      this.#roundTrip.note(now() - opening.askedAt);
      const [remoteId, window, packetBytes] = [5, 9, 13].map((at) => numberIn(bytes, start + at, end)) as [number, number, number];
      this.#openings.delete(id);
      opening.resolve(this.#channel(id, { remoteId, window, packetBytes }, opening.window));
    } else if (type === MESSAGE.refuse || type === MESSAGE.close) {
      this.#openings.delete(id);
      this.#freeIds.push(id);
      opening.window.release();
      opening.reject(new ChannelRefused(type === MESSAGE.refuse ? numberIn(bytes, start + 5, end) : null));
    }
  }

  #channel(id: number, terms: ConstructorParameters<typeof DataChannel>[1], window: SizedWindow): DataChannel {
    const channel = new DataChannel(id, terms, { wire: this, window });
    this.#channels.set(id, channel);
    return channel;
  }

  #newWindow(): SizedWindow {
    return new SizedWindow({ budget: this.#budget, most: this.#given.shared.limits.channel, now, rttMs: this.#rttMs });
  }

  #forget(channel: DataChannel): void {
    this.#channels.delete(channel.id);
    this.#freeIds.push(channel.id);
    this.#waiting.delete(channel);
    channel.window.release();
  }

  #deliver(): void {
    for (const channel of this.#touched) if (channel.deliver()) this.#reader.renew();
    this.#touched.length = 0;
  }

  readonly #rttMs = (): number | null => {
    const best = Math.min(this.#roundTrip.ms ?? Infinity, this.#given.rttMs() ?? Infinity);
    return best === Infinity ? null : best;
  };

  // What goes out

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

  #send(message: Buffer): void {
    this.#writer.begin(message.length).set(message, this.#writer.at);
    this.#writer.end();
  }

  #short(type: number, remoteId: number, value?: number): void {
    const packet = this.#writer.begin(value === undefined ? 5 : 9);
    const at = this.#writer.at;
    packet[at] = type;
    packet.writeUInt32BE(remoteId, at + 1);
    if (value !== undefined) packet.writeUInt32BE(value, at + 5);
    this.#writer.end();
  }

  /** As ssh2 does with what it cannot parse. */
  #fail(error: Error): void {
    this.#reader.stop();
    this.#given.client.emit('error', error);
    this.#given.stream.end();
  }
}

/** What ssh2 has understood of CHANNEL_OPEN. */
type OpenedByServer = {
  readonly type: string;
  readonly sender: number;
  readonly window: number;
  readonly packetSize: number;
  readonly data: { readonly destIP?: string; readonly destPort?: number; readonly srcIP?: string; readonly srcPort?: number; readonly socketPath?: string };
};
type Offered = { readonly at: Address; readonly origin: TcpAddress | null };

/** RFC 4254 section 5.1. */
const CONNECT_FAILED = 2;

/** Null: no connection of a remote forward (RFC 4254 section 7.2; OpenSSH's PROTOCOL, 2.4). */
function offeredBy({ type, data }: OpenedByServer): Offered | null {
  if (type === 'forwarded-streamlocal@openssh.com') return { at: { path: data.socketPath ?? '' }, origin: null };
  if (type !== 'forwarded-tcpip') return null;
  return { at: { host: data.destIP ?? '', port: data.destPort ?? 0 }, origin: { host: data.srcIP ?? '', port: data.srcPort ?? 0 } };
}

const now = (): number => performance.now();

type OnBytes = (bytes: number) => void;

function tell(listeners: Iterable<OnBytes>, bytes: number): void {
  for (const listener of listeners) listener(bytes);
}

type Heard = { readonly type: number; readonly bytes: Buffer; readonly start: number; readonly end: number };

function numberIn(bytes: Buffer, at: number, end: number): number {
  if (at + 4 > end) throw new BadPacket('a message that is too short');
  return bytes.readUInt32BE(at);
}

/** ssh2's own way in, which hears the stream until now. */
function listenersOf(stream: Duplex): (chunk: Buffer) => void {
  const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
  return (chunk) => {
    for (const listener of listeners) listener(chunk);
  };
}

export const sharedData = (limits: WindowLimits, batches: Batches): DataShared => ({
  batches,
  limits,
  budget: new WindowBudget(limits.supervisor),
});

export { WINDOW_LIMITS };
