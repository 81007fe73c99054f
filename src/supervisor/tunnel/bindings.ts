import type { Duplex } from 'node:stream';
import type { Forward, Profile } from '../../model/profile.ts';
import type { Address } from '../../model/address.ts';
import type { Problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { reachHere } from '../../ssh/forwards/reach-here.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Listener, Reach, Service } from '../../ssh/types.ts';
import type { Ladder } from '../recovery/ladder.ts';
import type { Gate } from './gate.ts';
import type { Lineup } from './lineup.ts';
import type { LocalLadder } from './local-ladder.ts';
import type { OwnConnection } from './own-connection.ts';

export type BindingsGiven = {
  readonly lineup: Lineup;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly own: Pick<OwnConnection, 'open'>;
  /** How many connections are being opened has changed. */
  readonly onPending: (change: 1 | -1) => void;
  readonly onFailure: Service['onFailure'];
  /** The recovery ladder of a forward that listens on a hop. */
  readonly ladderOf: (id: number) => Ladder;
  /** That of a forward that listens on this machine. */
  readonly localLadderOf: (id: number) => LocalLadder;
  /** A refusal that is being worked on. */
  readonly onTrouble: (id: number, because: Problem) => void;
  /** Bound, but not quite as asked; null: as asked. */
  readonly onWarning: (id: number, warning: Problem | null) => void;
};

type Bound = { readonly listener: Listener; readonly here: boolean };

/** The listening ends of one tunnel, here and on hops, by the numbers of the forwards. */
export class Bindings {
  readonly #given: BindingsGiven;
  readonly #bound = new Map<number, Bound>();
  /** A binding of a forward waits until the one before it is given back. */
  readonly #closing = new Map<number, Promise<void>>();
  /** The last try of each forward, under way or over. */
  readonly #tries = new Map<number, Promise<unknown>>();
  /** Ends the tries of a forward that the profile has no more. */
  readonly #stops = new Map<number, AbortController>();
  /** What forwards have that the profile has no more: others may be to have it. */
  #leaving: Promise<unknown> = Promise.resolve();

  constructor(given: BindingsGiven) {
    this.#given = given;
  }

  /** Rejects with the ProblemError of the refusal. When the signal is aborted meanwhile, nothing stays bound. */
  async bind(id: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Address> {
    const stop = this.#stops.get(id) ?? new AbortController();
    this.#stops.set(id, stop);
    const either = AbortSignal.any([signal, stop.signal]);
    const free = Promise.all([this.#tries.get(id), this.#leaving]);
    const listening = free.then(() => this.#bind(id, links, either));
    this.#tries.set(
      id,
      listening.catch(() => {}),
    );
    return await listening;
  }

  /** The profile has these no more. Gives them back in order; what is bound from now on waits for that. */
  unbind(ids: readonly number[], drainMs: number): void {
    const gone = ids.map(async (id) => {
      this.#stops.get(id)?.abort(new Error('the profile has it no more'));
      const here = this.#bound.get(id)?.here === true;
      const dropped = this.#drop(id, drainMs);
      await this.#tries.get(id);
      // A port of this machine is free as soon as its listener is told; its connections may drain beside the next one.
      if (!here) await dropped;
    });
    const before = this.#leaving;
    this.#leaving = Promise.all([before, ...gone]).then(() => ids.forEach((id) => [this.#tries, this.#stops].map((all) => all.delete(id))));
  }

  /** Resolves when no try is under way any more; those whose signal was aborted leave nothing bound. */
  async settled(): Promise<void> {
    await Promise.all([...this.#tries.values(), this.#leaving]);
  }

  async #bind(id: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Address> {
    await this.#closing.get(id);
    signal.throwIfAborted();
    const bound = await this.#listen(id, links, signal);
    if (signal.aborted) {
      await this.#close(id, bound.listener, 0);
      throw signal.reason;
    }
    this.#bound.set(id, bound);
    return bound.listener.address;
  }

  /** Stops accepting, gives the bindings back in order and lets open connections drain. */
  async closeAll(drainMs: number): Promise<void> {
    await Promise.all([...this.#bound.keys()].map((id) => this.#drop(id, drainMs)));
    await Promise.all(this.#closing.values());
  }

  /** Those that listen on hops: their connection is gone or goes. */
  async closeThere(drainMs: number): Promise<void> {
    const there = [...this.#bound].filter(([, { here }]) => !here);
    await Promise.all([...there.map(([id]) => this.#drop(id, drainMs)), this.#leaving]);
  }

  async #drop(id: number, drainMs: number): Promise<void> {
    const bound = this.#bound.get(id);
    this.#bound.delete(id);
    if (bound !== undefined) await this.#close(id, bound.listener, drainMs);
  }

  async #close(id: number, listener: Listener, drainMs: number): Promise<void> {
    const closing = listener.close(drainMs).catch(() => {});
    this.#closing.set(id, closing);
    await closing;
    if (this.#closing.get(id) === closing) this.#closing.delete(id);
  }

  async #listen(id: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Bound> {
    const { lineup, ladderOf, localLadderOf, onTrouble, onWarning } = this.#given;
    const forward = lineup.forward(id);
    if (forward === undefined) throw new RangeError(`no forward ${id}`);
    const climb = { service: this.#service(id, forward), signal, onWarning: (problem: Problem | null): void => onWarning(id, problem) };
    if (forward.on === 'local') return { listener: await localLadderOf(id).bind(climb), here: true };
    const link = linkOf(links ?? [], forward.on, lineup.profile);
    const listener = await ladderOf(id).bind({ ...climb, link, onTrouble: (problem) => onTrouble(id, problem) });
    return { listener, here: false };
  }

  #service(id: number, forward: Forward): Service {
    const { lineup, onFailure, clock } = this.#given;
    const meter = lineup.countersOf(id);
    if (meter === undefined) throw new RangeError(`no counters ${id}`);
    return {
      forward,
      meter,
      reach: this.#counted(forward.from === 'local' ? reachHere : this.#throughGate(id, forward)),
      onFailure: (problem) => {
        meter.lastFailure = { problem, at: clock.now() };
        onFailure(problem);
      },
    };
  }

  /** The way is the one of the moment: the profile may have got other hops since the listener was made. */
  #throughGate(id: number, forward: Forward): Reach {
    const { gate, lineup, own } = this.#given;
    return async (to, origin, signal) => {
      const { idleMs, holdMs } = lineup.profile;
      // An idle tunnel always holds: its link is down by design, and the first connection is what brings it up.
      const links = gate.links ?? (await gate.pass(forward.name, idleMs !== null && holdMs === 0 ? IDLE_HOLD_MS : holdMs, signal));
      const { from } = lineup.forward(id) ?? forward;
      const openOver = (way: readonly HopLink[]): Promise<Duplex> => linkOf(way, from as number, lineup.profile).open(to, origin);
      return (await own.open(openOver)) ?? (await openOver(links));
    };
  }

  #counted(reach: Reach): Reach {
    return async (to, origin, signal) => {
      this.#given.onPending(1);
      try {
        return await reach(to, origin, signal);
      } finally {
        this.#given.onPending(-1);
      }
    };
  }
}

const IDLE_HOLD_MS = 30_000;

/** ProxyJump may put hops before the profile's first one, never between or behind. */
function linkOf(links: readonly HopLink[], hop: number, profile: Profile): HopLink {
  const link = links[links.length - profile.hops.length + hop];
  if (link === undefined) throw new RangeError(`no link for hop ${hop}`);
  return link;
}
