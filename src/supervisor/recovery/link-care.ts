import { mirrorKeepalive } from '../../decide/server-patience.ts';
import type { Address } from '../../model/address.ts';
import type { Keepalive } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { learnServerKeepalive } from '../../ssh/recovery/keepalive/learn-server-keepalive.ts';
import type { ServerKeepalive } from '../../ssh/recovery/keepalive/server-keepalive.ts';
import { armDeadMansSwitch, type DeadMansSwitch } from '../../ssh/recovery/steps/dead-mans-switch.ts';
import type { AccountMemory } from '../../ssh/remote/account-memory.ts';
import { markerOf, removeMarker, writeMarker } from '../../ssh/recovery/evidence/owner-marker.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Log } from '../log.ts';
import type { CareWanted } from './rungs.ts';
import type { SessionBook } from './session-book.ts';

export type CareGiven = { readonly clock: Clock; readonly accounts: AccountMemory; readonly book: SessionBook; readonly log: Log };

type Held = { readonly address: Address; readonly tunnel: string; readonly care: CareWanted };

/** What is known of a link's server, and what was arranged with it. */
type Cared = {
  readonly server: Promise<ServerKeepalive | null>;
  known: ServerKeepalive | null;
  deadman: { readonly seconds: number; readonly armed: Promise<DeadMansSwitch | null> } | null;
};

/**
 * Looks after the sessions that hold our bindings: learns how patient their server is and is as patient, leaves our
 * mark, and has the server end the session by itself when we fall silent. All of it beside the traffic; none of it
 * has to succeed.
 */
export class LinkCare {
  readonly #given: CareGiven;
  readonly #links = new Map<HopLink, Cared>();
  readonly #stop = new AbortController();

  constructor(given: CareGiven) {
    this.#given = given;
  }

  serverKeepalive(link: HopLink): { readonly clientAliveIntervalMs: number | null; readonly clientAliveCountMax: number | null } {
    const known = this.#links.get(link)?.known ?? null;
    return { clientAliveIntervalMs: known?.intervalMs ?? null, clientAliveCountMax: known?.countMax ?? null };
  }

  /** Asked for before anything is bound, so that it is known when it is needed. Never rejects. */
  learn(link: HopLink): Promise<ServerKeepalive | null> {
    return this.#caredFor(link).server;
  }

  async begin(link: HopLink, held: Held): Promise<void> {
    try {
      await this.#mark(link, held);
      await this.learn(link);
      const keepalive = this.#mirror(link, held.care);
      await this.#armSwitch(link, held.care, keepalive);
    } catch (error) {
      this.#given.log.debug('care-failed', { tunnel: held.tunnel, text: `${link.hop.name}: ${String(error)}` });
    }
  }

  #caredFor(link: HopLink): Cared {
    const known = this.#links.get(link);
    if (known !== undefined) return known;
    const { clock, accounts } = this.#given;
    const server = learnServerKeepalive(link, { clock, accounts, signal: this.#stop.signal }).catch(() => null);
    const cared: Cared = { server, known: null, deadman: null };
    this.#links.set(link, cared);
    void server.then((found) => {
      cared.known = found;
    });
    void link.lost.then(() => this.#links.delete(link));
    return cared;
  }

  #mirror(link: HopLink, { keepalive }: CareWanted): Keepalive {
    if (keepalive !== 'mirror') return keepalive;
    const mirrored = mirrorKeepalive({ ident: link.ident, ...this.serverKeepalive(link) });
    link.setKeepalive(mirrored);
    return mirrored;
  }

  async #armSwitch(link: HopLink, { deadman }: CareWanted, keepalive: Keepalive): Promise<void> {
    const cared = this.#caredFor(link);
    const seconds = Math.ceil((deadman === 'off' ? 0 : deadman === 'auto' ? this.#automatic(cared, keepalive) : deadman.ms) / 1000);
    if (seconds === 0 || (cared.deadman !== null && cared.deadman.seconds <= seconds)) return;
    const identity = await this.#given.book.entryOf(link);
    if (identity === null || this.#given.accounts.of({ hostKey: link.hostKey, user: link.hop.user }).shell.is !== 'yes') return;
    const before = cared.deadman;
    const armed = armDeadMansSwitch(link, { seconds, identity, clock: this.#given.clock, signal: this.#stop.signal }).catch(() => null);
    cared.deadman = { seconds, armed };
    link.beforeClose(async () => await (await armed)?.disarm());
    await (await before?.armed)?.disarm();
  }

  /** Our own patience, where the server has none; a server that ends silent sessions by itself needs no switch. */
  #automatic({ known }: Cared, { intervalMs, countMax }: Keepalive): number {
    return known !== null && known.intervalMs > 0 ? 0 : intervalMs * (countMax + 1);
  }

  async #mark(link: HopLink, { address, tunnel }: Held): Promise<void> {
    const { book, accounts, clock } = this.#given;
    const record = await book.entryOf(link);
    if (record === null) return;
    const given = { accounts, clock, signal: this.#stop.signal };
    const at = { listen: address, marker: markerOf(record, { owner: record.owner, tunnel, madeAt: clock.now() }) };
    if (await writeMarker(link, at, given)) link.beforeClose(async () => void (await removeMarker(link, at, given)));
  }
}
