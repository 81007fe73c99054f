import { mirrorKeepalive } from '../../decide/server-patience.ts';
import { type Address, printAddress } from '../../model/address.ts';
import type { Keepalive } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { type Marker, markerOf, removeMarker, writeMarker } from '../../ssh/recovery/evidence/owner-marker.ts';
import { learnServerKeepalive } from '../../ssh/recovery/keepalive/learn-server-keepalive.ts';
import { observeServerKeepalive } from '../../ssh/recovery/keepalive/observe-server-keepalive.ts';
import type { ServerKeepalive } from '../../ssh/recovery/keepalive/server-keepalive.ts';
import type { AccountMemory } from '../../ssh/remote/account-memory.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Log } from '../log.ts';
import type { CareWanted } from './rungs.ts';
import type { SessionBook } from './session-book.ts';
import { SwitchCare } from './switch-care.ts';

export type CareGiven = {
  readonly clock: Clock;
  readonly accounts: AccountMemory;
  readonly book: Pick<SessionBook, 'entryOf'>;
  readonly log: Log;
};

type Held = { readonly address: Address; readonly tunnel: string; readonly care: CareWanted };

/** What is known of a link's server, and whether we are to be as patient as it is. */
type Cared = {
  readonly server: Promise<ServerKeepalive | null>;
  /** Our last mark of each binding. */
  readonly marks: Map<string, { readonly listen: Address; readonly marker: Marker }>;
  known: ServerKeepalive | null;
  mirrors: boolean;
};

/**
 * Looks after the sessions that hold our bindings: learns how patient their server is and is as patient, leaves our
 * mark, and has the server end the session by itself when we fall silent. All of it beside the traffic; none of it
 * has to succeed.
 */
export class LinkCare {
  readonly #given: CareGiven;
  readonly #links = new Map<HopLink, Cared>();
  /** By account. A new link knows it at once, and one that waits asks too often to overhear it again. */
  readonly #remembered = new Map<string, ServerKeepalive>();
  readonly #switches: SwitchCare;
  readonly #stop = new AbortController();

  constructor(given: CareGiven) {
    this.#given = given;
    this.#switches = new SwitchCare(given);
  }

  serverKeepalive(link: HopLink): { readonly clientAliveIntervalMs: number | null; readonly clientAliveCountMax: number | null } {
    const { known } = this.#caredFor(link);
    return { clientAliveIntervalMs: known?.intervalMs ?? null, clientAliveCountMax: known?.countMax ?? null };
  }

  /** Resolves when it is known how patient the server is, now or from a link before, or that nothing tells it. Never rejects. */
  async ready(link: HopLink): Promise<void> {
    const cared = this.#caredFor(link);
    if (cared.known === null) await cared.server;
  }

  /** Asked once for each link. Never rejects. */
  learn(link: HopLink): Promise<ServerKeepalive | null> {
    return this.#caredFor(link).server;
  }

  async begin(link: HopLink, held: Held): Promise<void> {
    try {
      await this.#mark(link, held);
      await this.learn(link);
      const keepalive = this.#mirror(link, held.care);
      await this.#switches.arm(link, { seconds: this.#switchSeconds(link, held.care, keepalive), tunnel: held.tunnel });
    } catch (error) {
      this.#given.log.debug('care-failed', { tunnel: held.tunnel, text: `${link.hop.name}: ${String(error)}` });
    }
  }

  #caredFor(link: HopLink): Cared {
    const known = this.#links.get(link);
    if (known !== undefined) return known;
    const { clock, accounts } = this.#given;
    const server = learnServerKeepalive(link, { clock, accounts, signal: this.#stop.signal }).catch(() => null);
    const cared: Cared = { server, known: this.#recall(link), marks: new Map(), mirrors: false };
    this.#links.set(link, cared);
    void server.then((found) => {
      if (found === null) this.#overhear(link, cared);
      else this.#learned(link, cared, found);
    });
    void link.lost.then(() => this.#links.delete(link));
    return cared;
  }

  /** From a link before, or from a supervisor before: what was overheard takes long to be overheard again. */
  #recall(link: HopLink): ServerKeepalive | null {
    const intervalMs = this.#given.accounts.of({ hostKey: link.hostKey, user: link.hop.user }).asksEveryMs;
    const overheard = intervalMs === undefined ? null : ({ intervalMs, countMax: null, source: 'observed', conditional: false } as const);
    return this.#remembered.get(accountOf(link)) ?? overheard;
  }

  /** Where nothing tells a server's keepalive, its own questions do. */
  #overhear(link: HopLink, cared: Cared): void {
    const learned = (keepalive: ServerKeepalive): void => {
      this.#learned(link, cared, keepalive);
      this.#given.accounts.learn({ hostKey: link.hostKey, user: link.hop.user }, { asksEveryMs: keepalive.intervalMs });
      const text = `${link.hop.name} asks silent clients for a sign of life every ${keepalive.intervalMs / 1_000} s.`;
      this.#given.log.info('keepalive-seen', { text });
      if (cared.mirrors) this.#mirrorNow(link);
    };
    observeServerKeepalive(link, { clock: this.#given.clock, ident: link.ident, learned });
  }

  #learned(link: HopLink, cared: Cared, keepalive: ServerKeepalive): void {
    cared.known = keepalive;
    this.#remembered.set(accountOf(link), keepalive);
  }

  #mirror(link: HopLink, { keepalive }: CareWanted): Keepalive {
    if (keepalive !== 'mirror') return keepalive;
    this.#caredFor(link).mirrors = true;
    return this.#mirrorNow(link);
  }

  #mirrorNow(link: HopLink): Keepalive {
    const mirrored = mirrorKeepalive({ ident: link.ident, ...this.serverKeepalive(link) });
    link.setKeepalive(mirrored);
    return mirrored;
  }

  /** By default our own patience, where the server has none; a server that ends silent sessions by itself needs no switch. */
  #switchSeconds(link: HopLink, { deadman }: CareWanted, { intervalMs, countMax }: Keepalive): number {
    if (deadman === 'off') return 0;
    if (deadman !== 'auto') return Math.ceil(deadman.ms / 1_000);
    const known = this.#caredFor(link).known;
    return known !== null && known.intervalMs > 0 ? 0 : Math.ceil((intervalMs * (countMax + 1)) / 1_000);
  }

  async #mark(link: HopLink, { address, tunnel }: Held): Promise<void> {
    const { book, accounts, clock } = this.#given;
    const record = await book.entryOf(link);
    if (record === null) return;
    const given = { accounts, clock, signal: this.#stop.signal };
    const at = { listen: address, marker: markerOf(record, { owner: record.owner, tunnel, madeAt: clock.now() }) };
    if (!(await writeMarker(link, at, given))) return;
    const { marks } = this.#caredFor(link);
    const place = printAddress(address);
    // Once for each place: a link may live for months and see its bindings come back many times.
    if (!marks.has(place)) link.beforeClose(async () => void (await removeMarker(link, marks.get(place) ?? at, given)));
    marks.set(place, at);
  }
}

const accountOf = ({ hostKey, hop }: HopLink): string => `${hostKey} ${hop.user}`;
