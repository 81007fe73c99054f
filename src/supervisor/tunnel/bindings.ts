import type { Profile } from '../../model/profile.ts';
import type { Address } from '../../model/address.ts';
import type { Problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { reachHere } from '../../ssh/forwards/reach-here.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Listener, Reach, Service } from '../../ssh/types.ts';
import type { Ladder } from '../recovery/ladder.ts';
import type { Counters } from './counters.ts';
import type { Gate } from './gate.ts';
import type { LocalLadder } from './local-ladder.ts';

export type BindingsGiven = {
  readonly profile: Profile;
  readonly clock: Clock;
  readonly gate: Gate;
  readonly counters: readonly Counters[];
  /** How many connections are being opened has changed. */
  readonly onPending: (change: 1 | -1) => void;
  readonly onFailure: Service['onFailure'];
  /** The recovery ladder of a forward that listens on a hop. */
  readonly ladderOf: (index: number) => Ladder;
  /** That of a forward that listens on this machine. */
  readonly localLadderOf: (index: number) => LocalLadder;
  /** A refusal that is being worked on. */
  readonly onTrouble: (index: number, because: Problem) => void;
  /** Bound, but not quite as asked; null: as asked. */
  readonly onWarning: (index: number, warning: Problem | null) => void;
};

/** The listening ends of one tunnel, here and on hops. */
export class Bindings {
  readonly #given: BindingsGiven;
  readonly #listeners = new Map<number, Listener>();
  /** A binding of a forward waits until the one before it is given back. */
  readonly #closing = new Map<number, Promise<void>>();
  /** The last try of each forward, under way or over. */
  readonly #tries = new Map<number, Promise<unknown>>();

  constructor(given: BindingsGiven) {
    this.#given = given;
  }

  /** Rejects with the ProblemError of the refusal. When the signal is aborted meanwhile, nothing stays bound. */
  async bind(index: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Address> {
    const before = this.#tries.get(index);
    const listening = Promise.resolve(before).then(() => this.#bind(index, links, signal));
    this.#tries.set(
      index,
      listening.catch(() => {}),
    );
    return await listening;
  }

  /** Resolves when no try is under way any more; those whose signal was aborted leave nothing bound. */
  async settled(): Promise<void> {
    await Promise.all(this.#tries.values());
  }

  async #bind(index: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Address> {
    await this.#closing.get(index);
    signal.throwIfAborted();
    const listener = await this.#listen(index, links, signal);
    if (signal.aborted) {
      await this.#close(index, listener, 0);
      throw signal.reason;
    }
    this.#listeners.set(index, listener);
    return listener.address;
  }

  /** Stops accepting, gives the bindings back in order and lets open connections drain. */
  async closeAll(drainMs: number): Promise<void> {
    await Promise.all([...this.#listeners.keys()].map((index) => this.#drop(index, drainMs)));
    await Promise.all(this.#closing.values());
  }

  /** Those that listen on hops: their connection is gone or goes. */
  async closeThere(drainMs: number): Promise<void> {
    const there = [...this.#listeners.keys()].filter((index) => this.#given.profile.forwards[index]?.on !== 'local');
    await Promise.all(there.map((index) => this.#drop(index, drainMs)));
  }

  async #drop(index: number, drainMs: number): Promise<void> {
    const listener = this.#listeners.get(index);
    this.#listeners.delete(index);
    if (listener !== undefined) await this.#close(index, listener, drainMs);
  }

  async #close(index: number, listener: Listener, drainMs: number): Promise<void> {
    const closing = listener.close(drainMs).catch(() => {});
    this.#closing.set(index, closing);
    await closing;
    if (this.#closing.get(index) === closing) this.#closing.delete(index);
  }

  async #listen(index: number, links: readonly HopLink[] | null, signal: AbortSignal): Promise<Listener> {
    const forward = this.#given.profile.forwards[index];
    if (forward === undefined) throw new RangeError(`no forward ${index}`);
    const service = this.#service(index);
    const onWarning = (problem: Problem | null): void => this.#given.onWarning(index, problem);
    if (forward.on === 'local') return await this.#given.localLadderOf(index).bind({ service, signal, onWarning });
    const link = linkOf(links ?? [], forward.on, this.#given.profile);
    return await this.#given.ladderOf(index).bind({
      link,
      service,
      signal,
      onTrouble: (problem) => this.#given.onTrouble(index, problem),
      onWarning: (problem) => this.#given.onWarning(index, problem),
    });
  }

  #service(index: number): Service {
    const { profile, counters, onFailure } = this.#given;
    const forward = profile.forwards[index] as Service['forward'];
    const meter = counters[index] as Counters;
    return {
      forward,
      meter,
      reach: this.#counted(forward.from === 'local' ? reachHere : this.#throughGate(forward)),
      onFailure: (problem) => {
        meter.lastFailure = { problem, at: this.#given.clock.now() };
        onFailure(problem);
      },
    };
  }

  #throughGate(forward: Service['forward']): Reach {
    const { gate, profile } = this.#given;
    // An idle tunnel always holds: its link is down by design, and the first connection is what brings it up.
    const holdMs = profile.idleMs !== null && profile.holdMs === 0 ? IDLE_HOLD_MS : profile.holdMs;
    return async (to, origin, signal) => {
      const links = await gate.pass(forward.name, holdMs, signal);
      return await linkOf(links, forward.from as number, profile).open(to, origin);
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
