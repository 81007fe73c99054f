import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { Address, TcpAddress } from '../../model/address.ts';
import type { Channels, ChannelUsage, OnOffer } from '../session/channels.ts';
import { ChannelRefused, RESOURCE_SHORTAGE } from '../session/open-channel.ts';
import { ChannelIds, FIRST_ID } from './channel-ids.ts';
import type { Terms } from './channel-parts.ts';
import { DataChannel } from './channel.ts';
import type { DataShared } from './data-shared.ts';
import { hookInto } from './hooks.ts';
import { Inlet, listenersOf } from './inlet.ts';
import { insideOf } from './inside.ts';
import { confirmation, MESSAGE, numberIn, openMessage } from './messages.ts';
import { Numbered } from './numbered.ts';
import { CONNECT_FAILED, offeredBy, type OpenedByServer } from './offered.ts';
import { BadPacket } from './opener.ts';
import { Openings, refuse } from './openings.ts';
import { Outlet } from './outlet.ts';
import { PacketReader } from './packet-reader.ts';
import { RoundTrip } from './round-trip.ts';
import { SizedWindow } from './sized-window.ts';
import { WindowBudget } from './window-budget.ts';

export type DataPathGiven = {
  readonly client: Client;
  /** What carries the session; ours alone from now on. */
  readonly stream: Duplex;
  readonly shared: DataShared;
  readonly rttMs: () => number | null;
};

/** sshd ends the whole session at 16,384 (CHANNELS_MAX in channels.c); commands, files and listeners are among them. */
const MOST_CHANNELS = 16_000;
const OUR_PACKET_BYTES = 32 * 1024;

type Heard = { readonly type: number; readonly bytes: Buffer; readonly start: number; readonly end: number };
type OnBytes = (bytes: number) => void;

/**
 * The channels that carry users' bytes, past ssh2's own: packets are read and made here, with the keys that ssh2 has
 * negotiated. What is not such a channel's goes to ssh2, and where its cipher is not one we know, ssh2 reads and writes
 * the packets and only the channels are ours.
 */
export class DataPath implements Channels {
  readonly #given: DataPathGiven;
  readonly #refuse: (asked: OpenedByServer) => void;
  readonly #reader: PacketReader;
  readonly #outlet: Outlet;
  readonly #inlet: Inlet;
  readonly #budget: WindowBudget;
  readonly #roundTrip = new RoundTrip(now);
  readonly #channels = new Numbered<DataChannel>();
  readonly #openings = new Openings();
  readonly #ids = new ChannelIds();
  /** Channels with data of the read that is under way. */
  readonly #touched: DataChannel[] = [];
  readonly #onReceived = new Set<OnBytes>();
  readonly #onSent = new Set<OnBytes>();
  #onOffer: OnOffer | null = null;
  #isStopped = false;

  /** Throws where ssh2 is not the one we know; nothing has been changed then. */
  constructor(given: DataPathGiven) {
    const { client, stream, shared } = given;
    const protocol = insideOf(client);
    this.#given = given;
    this.#refuse = ({ sender }) => protocol.channelOpenFail(sender, CONNECT_FAILED, '');
    this.#budget = new WindowBudget(shared.limits.link, shared.budget);
    const onError = this.#fail.bind(this);
    this.#outlet = new Outlet({ protocol, stream, batches: shared.batches, onError, onSent: (bytes) => tell(this.#onSent, bytes) });
    const take = this.#take.bind(this);
    this.#reader = new PacketReader({ protocol, parse: listenersOf(stream), onPayload: take, onRead: () => this.#deliver() });
    hookInto(client, protocol, {
      take,
      request: (id, isReplyWanted) => this.#request(id, isReplyWanted),
      opened: (asked) => this.#offered(asked),
      keysAgreed: () => this.#outlet.keysAgreed(),
    });
    const onBytes = (bytes: number): void => tell(this.#onReceived, bytes);
    this.#inlet = new Inlet(stream, { reader: this.#reader, onBytes, onError });
  }

  get usage(): ChannelUsage {
    const path = this.#outlet.isNative && this.#reader.isNative ? 'own' : 'own-channels';
    // Not what the budget has given: the least windows are no part of that.
    const open = this.#channels.values();
    const windows = open.reduce((sum, { window }) => sum + window.size, 0);
    const queued = open.reduce((sum, { unsent }) => sum + unsent, this.#outlet.queued);
    return { path, plainBecause: null, channels: open.length, windows, queued };
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

  open(to: Address, origin: TcpAddress | null): Promise<DataChannel> {
    if (this.#channels.size + this.#openings.size >= MOST_CHANNELS) return Promise.reject(new ChannelRefused(RESOURCE_SHORTAGE));
    const id = this.#ids.take();
    const window = this.#newWindow();
    const opening = this.#openings.ask(id, window);
    this.#outlet.message(openMessage(to, origin, { id, window: window.size, packetBytes: OUR_PACKET_BYTES }));
    return opening;
  }

  rest(): void {
    this.#reader.rest();
    for (const channel of this.#channels.values()) channel.window.rest();
  }

  stop(error: Error): void {
    this.#isStopped = true;
    this.#reader.stop();
    this.#inlet.stop();
    this.#outlet.stop();
    for (const channel of this.#channels.takeAll()) {
      channel.break(error);
      channel.window.release();
    }
    this.#openings.dropAll();
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
    const isYes = type === MESSAGE.confirm;
    if (!isYes && type !== MESSAGE.refuse && type !== MESSAGE.close) return;
    // Before the request is taken: one whose answer is cut short is still there to be dropped with the session.
    const numbers = (isYes ? [5, 9, 13] : type === MESSAGE.refuse ? [5] : []).map((at) => numberIn(bytes, start + at, end));
    const opening = this.#openings.take(id);
    if (opening === null) return;
    if (isYes) {
      this.#roundTrip.note(now() - opening.askedAt);
      const [remoteId, window, packetBytes] = numbers as [number, number, number];
      opening.resolve(this.#channel(id, { remoteId, window, packetBytes }, opening.window));
    } else {
      this.#ids.give(id);
      refuse(opening, numbers[0] ?? null);
    }
  }

  /** OpenSSH asks on any open channel whether we are there; a refusal is an answer. */
  #request(id: number, isReplyWanted: boolean): boolean {
    const channel = this.#channels.get(id);
    if (channel === undefined) return false;
    if (isReplyWanted) this.#outlet.fail(channel.remoteId);
    return true;
  }

  #offered(asked: OpenedByServer): boolean {
    const offered = offeredBy(asked);
    if (offered === null) return false;
    const reject = (): void => this.#refuse(asked);
    if (this.#onOffer === null) reject();
    else this.#onOffer(offered.at, { origin: offered.origin, accept: () => this.#accept(asked), reject });
    return true;
  }

  #accept({ sender, window, packetSize }: OpenedByServer): DataChannel {
    if (this.#isStopped) throw new Error('the session is over');
    const channel = this.#channel(this.#ids.take(), { remoteId: sender, window, packetBytes: packetSize }, this.#newWindow());
    this.#outlet.message(confirmation(sender, { id: channel.id, window: channel.window.size, packetBytes: OUR_PACKET_BYTES }));
    return channel;
  }

  #channel(id: number, terms: Terms, window: SizedWindow): DataChannel {
    const channel = new DataChannel(id, terms, { wire: this.#outlet, window });
    this.#channels.set(id, channel);
    return channel;
  }

  #newWindow(): SizedWindow {
    return new SizedWindow({ budget: this.#budget, most: this.#given.shared.limits.channel, now, rttMs: this.#rttMs });
  }

  #forget(channel: DataChannel): void {
    this.#channels.take(channel.id);
    this.#ids.give(channel.id);
    this.#outlet.forget(channel);
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

  /** As ssh2 does with what it cannot parse. */
  #fail(error: Error): void {
    this.#reader.stop();
    this.#given.client.emit('error', error);
    this.#given.stream.end();
  }
}

const now = (): number => performance.now();

function tell(listeners: Iterable<OnBytes>, bytes: number): void {
  for (const listener of listeners) listener(bytes);
}
