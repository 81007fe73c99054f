import type { CipherCosts } from '../../model/cipher-costs.ts';
import { WINDOW_LIMITS } from '../../model/data-settings.ts';
import type { Keepalive } from '../../model/profile.ts';
import type { Problem } from '../../model/problem.ts';
import type { HopWord } from '../../model/snapshot.ts';
import type { Clock } from '../../platform/clock.ts';
import { Batches } from '../data/batches.ts';
import { type DataShared, sharedData } from '../data/data-shared.ts';
import { SpareKeys } from '../extensions/spare-keys.ts';
import type { Remark } from '../remark.ts';
import type { ResolvedHop } from '../types.ts';
import type { HopLink } from '../remote/types.ts';
import type { ChannelUsage } from '../session/channels.ts';
import { type Desk, EMPTY_DESK, type OnNeeded } from './asking.ts';
import { forgetfulRefusals, LockOuts, type RefusalStore } from './lock-outs.ts';
import { Parking } from './parking.ts';
import { Slot } from './slot.ts';
import { SlotUsers } from './slot-users.ts';
import { Voucher } from './vouchers.ts';

export type Route = { readonly hops: readonly ResolvedHop[]; readonly keepalive: Keepalive };
export type HopState = { readonly state: HopWord; readonly rttMs: number | null; readonly cipher: string | null; readonly data: Usage };
/** Null: there is no connection. */
type Usage = ChannelUsage | null;

/** A hop that had stopped answering has answered in time; `doubtedMs` is how long it was silent. */
export type OnRevived = (hop: string, doubtedMs: number) => void;

export type LeaseGiven = {
  /** Whose it is; the doctor's is nobody's. */
  readonly tunnel?: string;
  /** Over connections of the tunnel's own, beside those that it shares. Nobody is there to wait for them or to help. */
  readonly apart?: boolean;
  readonly onRevived?: OnRevived;
  /** Who hears what a person has to do on the way; without it nobody is asked, and what needs a person fails. */
  readonly onNeeded?: OnNeeded;
  /** Resolves once it is certain that this is the route; left out: it is. Until then no server is logged in to. */
  readonly sure?: Promise<unknown>;
  /** Somebody asks for it this moment, so that it may be tried where servers turn away who insists. */
  readonly byPerson?: boolean;
};

export type LinksGiven = {
  readonly clock: Clock;
  readonly onChange: () => void;
  readonly desk?: Desk;
  readonly refusals?: RefusalStore;
  /** Asked for each connection; null: not measured yet. */
  readonly cipherCosts?: () => CipherCosts | null;
  /** Null: ssh2 is to carry the bytes. */
  readonly data?: DataShared | null;
  /** `tunnels`: those that use the connection. */
  readonly onRemark?: (remark: Remark, tunnels: readonly string[]) => void;
};

/** The use of a whole route by one tunnel. */
export interface Lease {
  /** One for each hop, in dialling order. */
  readonly links: readonly HopLink[];
  /** Resolves when any of the links is lost. */
  readonly lost: Promise<Problem>;
  release(how: 'for-good' | 'may-return'): Promise<void>;
}

/** How a tunnel's way stands with others. */
export type Sharing = {
  /** Every link of it is up and undoubted, and another tunnel uses at least one of them. */
  readonly isShared: boolean;
  /** No login of it has needed a person. */
  readonly isUnaided: boolean;
};

/** Every SSH connection of the supervisor. Tunnels whose routes begin alike share the links of that beginning. */
export class Links {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #desk: Desk;
  readonly #lockOuts: LockOuts;
  readonly #parking = new Parking();
  readonly #keys: SpareKeys;
  readonly #cipherCosts: () => CipherCosts | null;
  readonly #data: DataShared | null;
  readonly #slots = new Map<string, Slot>();
  readonly #users = new WeakMap<Slot, SlotUsers>();
  readonly #onRemark: NonNullable<LinksGiven['onRemark']>;

  constructor(given: LinksGiven) {
    this.#clock = given.clock;
    this.#onChange = given.onChange;
    this.#desk = given.desk ?? EMPTY_DESK;
    this.#keys = new SpareKeys(given.clock);
    this.#cipherCosts = given.cipherCosts ?? (() => null);
    this.#data = given.data === undefined ? sharedData(WINDOW_LIMITS, new Batches()) : given.data;
    this.#onRemark = given.onRemark ?? (() => {});
    this.#lockOuts = new LockOuts({ clock: given.clock, refusals: given.refusals ?? forgetfulRefusals() });
  }

  /** Rejects with the ProblemError of the hop that failed, or with the signal's reason. */
  async lease(route: Route, signal: AbortSignal, given: LeaseGiven = {}): Promise<Lease> {
    const user = { tunnel: given.tunnel, onRevived: given.onRevived ?? ((): void => {}) };
    const uses: (() => void)[] = [];
    const hear = hearerOf(given);
    const held: Slot[] = [];
    const voucher = new Voucher(given.sure);
    const links: HopLink[] = [];
    const leave = releaseOnce(held, hear);
    const release: Lease['release'] = async (how) => {
      for (const end of uses.splice(0)) end();
      voucher.leave();
      await leave(how);
    };
    try {
      for (const slot of this.#slotsOf(route, ownerOf(given))) {
        uses.push(this.#usersOf(slot).enter(user));
        slot.enter(hear);
        held.push(slot);
        voucher.enter(slot);
        if (given.byPerson === true) slot.forgive();
        links.push(await orAborted(slot.ready({ quiet: hear === null }), signal));
      }
      await orAborted(Promise.resolve(given.sure), signal);
      return { links, lost: Promise.race(links.map((link) => link.lost)), release };
    } catch (error) {
      await release(signal.aborted ? 'for-good' : 'may-return');
      throw error;
    }
  }

  /** How each hop of a route stands now, without touching anything. */
  states(route: Route): readonly HopState[] {
    return keysOf(route).map((key) => {
      const slot = this.#slots.get(key);
      return { state: slot?.state ?? 'down', rttMs: slot?.rttMs ?? null, cipher: slot?.cipher ?? null, data: slot?.usage ?? null };
    });
  }

  /** How a route that is leased by this tunnel is shared with others. */
  sharing(route: Route, tunnel: string): Sharing {
    const slots = keysOf(route).map((key) => this.#slots.get(key) ?? null);
    return {
      isShared:
        slots.every((slot) => slot?.state === 'up') &&
        slots.some((slot) => slot !== null && this.#usersOf(slot).tunnels.some((user) => user !== tunnel)),
      isUnaided: slots.every((slot) => slot !== null && !slot.wasAided),
    };
  }

  /** Of all connections together. */
  usage(): Pick<ChannelUsage, 'windows' | 'queued'> {
    const all = [...this.#slots.values()].map(({ usage }) => usage).filter((usage) => usage !== null);
    return { windows: sum(all.map(({ windows }) => windows)), queued: sum(all.map(({ queued }) => queued)) };
  }

  /** At the supervisor's end: what is still parked is told, so that servers keep nothing of ours. */
  end(): void {
    this.#parking.dismissAll();
  }

  /** One by one, as each is entered: a slot that nobody has entered would never be left, and outlive its parent. */
  *#slotsOf(route: Route, owner: string | null): Generator<Slot> {
    let parent: Slot | null = null;
    for (const [index, key] of keysOf(route, owner).entries()) {
      parent = this.#slot(key, { hop: route.hops[index] as ResolvedHop, parent, keepalive: route.keepalive, isApart: owner !== null });
      yield parent;
    }
  }

  #slot(key: string, made: Made): Slot {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot: Slot = new Slot(made.hop, {
      clock: this.#clock,
      parking: this.#parking,
      keepalive: made.keepalive,
      desk: this.#desk,
      lockOuts: made.isApart ? this.#lockOuts.heeded() : this.#lockOuts,
      keys: this.#keys,
      cipherCosts: this.#cipherCosts,
      data: this.#data,
      parent: made.parent,
      dialsBeside: !made.isApart,
      onChange: this.#onChange,
      onRemark: (remark) => this.#onRemark(remark, this.#usersOf(slot).tunnels),
      onRevived: (doubtedMs) => this.#usersOf(slot).revived(made.hop.name, doubtedMs),
      onEmpty: () => {
        if (this.#slots.get(key) === slot) this.#slots.delete(key);
      },
    });
    this.#slots.set(key, slot);
    return slot;
  }

  #usersOf(slot: Slot): SlotUsers {
    const known = this.#users.get(slot) ?? new SlotUsers();
    this.#users.set(slot, known);
    return known;
  }
}

type Made = { readonly hop: ResolvedHop; readonly parent: Slot | null; readonly keepalive: Keepalive; readonly isApart: boolean };

/** Same way, same login, same patience: the same connection, unless it is one tunnel's own. */
function keysOf({ hops, keepalive }: Route, owner: string | null = null): string[] {
  const ways = hops.map(({ configFile: _, ...way }) => way);
  return ways.map((_, index) => JSON.stringify([keepalive, ways.slice(0, index + 1), ...(owner === null ? [] : [owner])]));
}

const ownerOf = ({ tunnel, apart }: LeaseGiven): string | null => (apart === true ? (tunnel ?? '') : null);

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** One of its own for each lease: two of one tunnel may overlap. */
const hearerOf = ({ onNeeded }: LeaseGiven): OnNeeded | null => (onNeeded === undefined ? null : (needed) => onNeeded(needed));

function releaseOnce(held: readonly Slot[], hear: OnNeeded | null): Lease['release'] {
  let released = false;
  return async (how) => {
    if (released) return;
    released = true;
    // From the far end, so that each goodbye still has its way.
    for (const slot of held.toReversed()) await slot.leave(how, hear);
  };
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {});
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
