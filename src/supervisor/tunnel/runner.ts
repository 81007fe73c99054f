import { dialsWhenAsked } from '../../decide/tunnel/asked.ts';
import { transition, newTunnel } from '../../decide/tunnel/transition.ts';
import { type Problem, problem, problemOf } from '../../model/problem.ts';
import type { Profile } from '../../model/profile.ts';
import type { TunnelSnapshot } from '../../model/snapshot.ts';
import type { Episode } from '../../model/story.ts';
import type { Tunnel, TunnelEffect, TunnelEvent } from '../../model/tunnel.ts';
import type { Settled } from '../prompts/book.ts';
import { BindLater } from '../recovery/bind-later.ts';
import { tellRevival } from '../recovery/tell-revival.ts';
import { Teller } from '../recovery/teller.ts';
import { Bindings } from './bindings.ts';
import { Closings } from './closings.ts';
import { Connection } from './connection.ts';
import { Gate } from './gate.ts';
import { GiveBack } from './give-back.ts';
import { Ladders } from './ladders.ts';
import { Lineup } from './lineup.ts';
import type { RunnerGiven } from './runner-given.ts';
import { snapshotOf } from './snapshot-of.ts';
import { tell, tellWaits } from './tell.ts';
import { Timers } from './timers.ts';
import { Usage } from './usage.ts';

/** How long open connections may go on after `down`, or over a connection that a changed profile has no more. */
const DRAIN_MS = 2_000;

/** One tunnel: event → transition → effects → events. It never chooses a state itself. */
export class Runner {
  readonly #given: RunnerGiven;
  readonly #gate: Gate;
  readonly #bindings: Bindings;
  readonly #connection: Connection;
  readonly #lineup: Lineup;
  readonly #usage: Usage;
  readonly #teller: Teller;
  readonly #ladders: Ladders;
  readonly #timers: Timers;
  readonly #giveBack: GiveBack;
  readonly #closings = new Closings();
  #tunnel: Tunnel;
  #wanted: 'up' | 'down' = 'down';
  /** Aborted when the run, or for bindings on hops the epoch, ends. */
  #run = new AbortController();
  #epoch = new AbortController();
  /** The user asked for bindings even where a live session of theirs has them. */
  #takeOver = false;
  /** A person has asked for the next dial. */
  #byPerson = false;

  constructor(given: RunnerGiven) {
    this.#given = given;
    this.#gate = new Gate(given.clock);
    this.#timers = new Timers(given.clock);
    this.#tunnel = newTunnel(given.profile, given.clock.now());
    const lineup = (this.#lineup = new Lineup(given.profile, this.#tunnel.ids, () => this.#usageChanged()));
    this.#usage = new Usage(given.clock, lineup);
    this.#connection = new Connection({
      ...given,
      lineup,
      usage: this.#usage,
      onRevived: (hop, doubtedMs) => tellRevival(this.#teller, lineup.profile, { hop, since: given.clock.now() - doubtedMs }),
      onNeeded: (epoch, needed) => this.#send({ type: 'person-needed', epoch, problem: needed }),
      onLost: (epoch, because) => this.#send({ type: 'link-lost', epoch, problem: because }),
    });
    this.#bindings = new Bindings({
      ...given,
      lineup,
      gate: this.#gate,
      own: this.#connection.own,
      onPending: (change) => this.#usageChanged(change),
      onFailure: (failure) => given.log.problem(failure, { tunnel: given.profile.name }),
      ladderOf: (id) => this.#ladders.of(id),
      localLadderOf: (id) => this.#ladders.here(id),
      onTrouble: (forward, because) => this.#send({ type: 'bind-trouble', age: this.#tunnel.epoch, forward, problem: because }),
      onWarning: (forward, warning) => this.#warned(forward, warning),
    });
    const onFailure = (error: unknown): void => given.log.problem(problemOf(error), { tunnel: given.profile.name });
    this.#giveBack = new GiveBack({ connection: this.#connection, bindings: this.#bindings, onFailure });
    this.#teller = new Teller(given.profile.name, given);
    this.#ladders = new Ladders({ ...given, lineup, teller: this.#teller, takeOver: () => this.#takeOver });
  }

  get snapshot(): TunnelSnapshot {
    return snapshotOf({
      profile: this.#lineup.profile,
      tunnel: this.#tunnel,
      wanted: this.#wanted,
      counters: this.#lineup.counters,
      hops: this.#connection.hopStates,
      own: this.#connection.own.shown,
      route: this.#connection.route,
      lastRecovery: (forward) => this.#teller.lastOf(forward),
    });
  }

  get story(): readonly Episode[] {
    return this.#teller.episodes;
  }

  /** Somebody is about to call `up`: what would be dialled then is begun. */
  foretell(): void {
    if (dialsWhenAsked(this.#tunnel, this.#lineup.profile)) this.#connection.foretell();
  }

  up({ takeOver = false, byPerson = false }: { readonly takeOver?: boolean; readonly byPerson?: boolean } = {}): void {
    this.#wanted = 'up';
    this.#takeOver = takeOver;
    this.#byPerson = byPerson;
    this.#send({ type: 'asked-up' });
  }

  /** The profile is another one from now on: what both have alike goes on. Gives back the one before. */
  change(profile: Profile, { byPerson }: { readonly byPerson: boolean }): Profile {
    const before = this.#lineup.profile;
    this.#byPerson ||= byPerson;
    this.#send({ type: 'changed', before }, profile);
    return before;
  }

  /** A question was answered, or declined, that this tunnel may wait for. */
  settled(settled: Settled): void {
    const before = this.#byPerson;
    this.#byPerson ||= settled.how === 'answered';
    this.#send({ type: 'prompt-settled', ...settled });
    // Where it is another tunnel that waited, nobody has asked for this one's next dial.
    if (this.#byPerson) this.#byPerson = before;
  }

  /** Resolves when every binding is free and every connection closed. */
  async down(): Promise<void> {
    this.#wanted = 'down';
    this.#send({ type: 'asked-down' });
    await this.#closings.over(this.#tunnel);
  }

  /** Resolves when the old bindings are free and the new dial is under way. */
  async restart(): Promise<void> {
    this.#wanted = 'up';
    this.#takeOver = false;
    this.#byPerson = true;
    this.#send({ type: 'asked-restart' });
    await this.#closings.over(this.#tunnel);
  }

  #send(event: TunnelEvent, profile = this.#lineup.profile): void {
    const { clock, random, log } = this.#given;
    const before = this.#tunnel;
    const { tunnel, effects } = transition(before, event, { profile, now: clock.now(), jitter: random() });
    this.#tunnel = tunnel;
    if (profile !== this.#lineup.profile) this.#lineup.change(profile, tunnel.ids);
    if (tunnel !== before) tell({ profile, before, after: tunnel, log });
    tellWaits(before, tunnel, this.#given.onWaits);
    for (const effect of effects) this.#perform(effect);
    if (tunnel !== before) this.#given.onChange();
    this.#closings.look(this.#tunnel);
  }

  #perform(effect: TunnelEffect): void {
    switch (effect.do) {
      case 'connect':
        return void this.#connect(effect.epoch);
      case 'bind':
        return void this.#bind(effect.age, effect.forward);
      case 'unbind':
        return this.#unbind(effect.forwards);
      case 'forget':
        return this.#forget();
      case 'disconnect':
        return this.#disconnect();
      case 'close':
        return void this.#close(effect.run);
      case 'wake':
        return this.#timers.set(effect.timer, effect.at, () => this.#send({ type: 'woke', age: effect.age, timer: effect.timer }));
    }
  }

  async #connect(epoch: number): Promise<void> {
    const byPerson = this.#byPerson;
    this.#byPerson = false;
    this.#epoch = new AbortController();
    try {
      const links = await this.#connection.connect(epoch, { byPerson });
      if (epoch !== this.#tunnel.epoch) return;
      this.#gate.open(links);
      this.#send({ type: 'linked', epoch });
    } catch (error) {
      this.#send({ type: 'link-failed', epoch, problem: problemOf(error) });
    }
  }

  async #bind(age: number, forward: number): Promise<void> {
    const here = this.#lineup.forward(forward)?.on === 'local';
    const { signal } = here ? this.#run : this.#epoch;
    try {
      const listen = await this.#bindings.bind(forward, this.#connection.links, signal);
      this.#send({ type: 'bound', age, forward, listen });
    } catch (error) {
      const retryAfterMs = error instanceof BindLater ? error.retryAfterMs : null;
      if (!signal.aborted) this.#send({ type: 'bind-failed', age, forward, problem: problemOf(error), retryAfterMs });
    }
  }

  #warned(forward: number, warning: Problem | null): void {
    if (this.#lineup.countersOf(forward)?.warn(warning) !== true) return;
    // Once, not with every reconnect.
    if (warning !== null) this.#given.log.problem(warning, { tunnel: this.#given.profile.name });
    this.#given.onChange();
  }

  #unbind(ids: readonly number[]): void {
    for (const id of ids) this.#ladders.remove(id);
    this.#bindings.unbind(ids, DRAIN_MS);
  }

  /** The connection died: what hangs on it is dropped without waiting for anybody. */
  #forget(): void {
    this.#gate.close();
    this.#epoch.abort();
    void this.#bindings.closeThere(0);
    void this.#connection.leave('may-return')();
  }

  #disconnect(): void {
    this.#gate.close();
    this.#epoch.abort();
    void this.#giveBack.after(async () => void (await Promise.all([this.#bindings.closeThere(DRAIN_MS), this.#usage.ended(DRAIN_MS)])));
  }

  /** In order: stop accepting, cancel the bindings, let connections drain, end the session. */
  async #close(run: number): Promise<void> {
    const { state } = this.#tunnel;
    this.#timers.clear();
    this.#gate.fail(state.is === 'blocked' ? state.because : problem('asked-down', {}));
    this.#run.abort();
    this.#epoch.abort();
    this.#run = new AbortController();
    this.#ladders.callOff();
    await this.#giveBack.after(() => this.#bindings.closeAll(DRAIN_MS));
    this.#send({ type: 'closed', run });
  }

  #usageChanged(opening: 1 | -1 | 0 = 0): void {
    this.#connection.own.look();
    const busy = this.#usage.look(opening);
    if (busy !== this.#tunnel.busy) this.#send({ type: busy ? 'used' : 'unused' });
    else this.#given.onChange();
  }
}
