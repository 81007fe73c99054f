import type { Client } from 'ssh2';
import { alive, type Liveness, watch } from '../../decide/liveness.ts';
import type { Keepalive } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Channels } from './channels.ts';
import { sendPing } from './internals.ts';

export type WatchGiven = {
  readonly client: Client;
  readonly traffic: Pick<Channels, 'onReceived' | 'rest'>;
  readonly keepalive: Keepalive;
  readonly clock: Clock;
  readonly onChange: (is: Liveness['is']) => void;
};

/** Pings a link and hears its answers; what they mean is decided in `decide/liveness`. Anything received is an answer. */
export class Watcher {
  readonly #given: WatchGiven;
  #keepalive: Keepalive;
  #liveness: Liveness;
  #heardAt: number;
  #rttMs: number | null = null;
  #cancel = () => {};
  readonly #deafen: () => void;

  constructor(given: WatchGiven) {
    this.#given = given;
    this.#keepalive = given.keepalive;
    this.#heardAt = given.clock.now();
    this.#liveness = alive({ keepalive: given.keepalive, now: this.#heardAt });
    this.#deafen = given.traffic.onReceived(this.#onData);
    // The first round trip is known from the start, for the status and for how long an answer may take.
    this.#ping();
    this.#schedule();
  }

  get rttMs(): number | null {
    return this.#rttMs;
  }

  /** Since anything was heard. */
  get silentMs(): number {
    return this.#given.clock.now() - this.#heardAt;
  }

  get keepalive(): Keepalive {
    return this.#keepalive;
  }

  /** Takes effect at once where nothing is being waited for, otherwise with the next answer. */
  setKeepalive(keepalive: Keepalive): void {
    this.#keepalive = keepalive;
    if (this.#liveness.is === 'quiet') this.#step('heard');
  }

  get is(): Liveness['is'] {
    return this.#liveness.is;
  }

  stop(): void {
    this.#cancel();
    this.#deafen();
  }

  /** Data in a quiet time only notes when it came, so that bulk traffic costs no timer. */
  readonly #onData = (): void => {
    this.#heardAt = this.#given.clock.now();
    if (this.#liveness.is !== 'quiet') this.#step('heard');
  };

  #schedule(): void {
    if (this.#liveness.is === 'dead') return;
    const { clock } = this.#given;
    this.#cancel();
    const { heardAt } = this.#liveness;
    this.#cancel = clock.after(this.#liveness.wakeAt - clock.now(), () => this.#step(this.#heardAt > heardAt ? 'heard' : 'woke'));
  }

  #step(type: 'heard' | 'woke'): void {
    const before = this.#liveness.is;
    const now = type === 'heard' ? this.#heardAt : this.#given.clock.now();
    const next = watch(this.#liveness, { type }, { keepalive: this.#keepalive, now, rttMs: this.#rttMs });
    this.#liveness = next.liveness;
    if (next.ping) this.#ping();
    if (next.liveness.is !== before) this.#given.onChange(next.liveness.is);
    this.#schedule();
  }

  #ping(): void {
    const { client, clock, traffic } = this.#given;
    traffic.rest();
    const sentAt = clock.monotonic();
    sendPing(client, () => {
      this.#rttMs = Math.round((clock.monotonic() - sentAt) * 10) / 10;
    });
  }
}
