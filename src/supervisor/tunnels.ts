import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AgentRequest, ChangeReply, ChangeRequest, UpRequest } from '../api/contract.ts';
import type { CipherCosts } from '../model/cipher-costs.ts';
import { nearest } from '../model/nearest.ts';
import { ProblemError, problem, problemOf } from '../model/problem.ts';
import type { Profile } from '../model/profile.ts';
import { changeWords, type ProfileChange } from '../model/profile-change.ts';
import type { Memory, TunnelSnapshot } from '../model/snapshot.ts';
import type { Story } from '../model/story.ts';
import type { Clock } from '../platform/clock.ts';
import { SshDefaults } from '../ssh/config/ssh-defaults.ts';
import type { DataShared } from '../ssh/data/data-shared.ts';
import { type Lease, Links, type Route } from '../ssh/links/links.ts';
import type { RefusalStore } from '../ssh/links/lock-outs.ts';
import { checked } from './checked-profile.ts';
import type { Log } from './log.ts';
import type { PromptBook, Waits } from './prompts/book.ts';
import type { Rungs } from './recovery/rungs.ts';
import { remarkTeller } from './tell-remark.ts';
import { changeOf } from './tunnel/change-of.ts';
import { LocalClaims } from './tunnel/local-claims.ts';
import { loginEnv } from './tunnel/login-env.ts';
import { Runner } from './tunnel/runner.ts';
import { trial } from './trial.ts';
import type { WantedStore, WantedTunnel } from './wanted-store.ts';

export type TunnelChange = { readonly type: 'tunnel'; readonly tunnel: TunnelSnapshot } | { readonly type: 'gone'; readonly name: string };

/** Every tunnel that somebody has asked for. */
export interface Tunnels {
  snapshot(names?: readonly string[]): TunnelSnapshot[];
  /** Somebody is about to ask for these to be up: begins of it what can be begun before. Names that are not known are passed over. */
  foretell(names: readonly string[]): void;
  /** Rejects with ProblemError: `profile-invalid`, or `state-unwritable` after the tunnel was started all the same. */
  up(name: string, request: UpRequest): Promise<TunnelSnapshot>;
  /** Applies a changed profile to a tunnel, whatever is wanted of it. Throws what `up` rejects with. */
  change(name: string, request: ChangeRequest): ChangeReply;
  /** The files of the profiles of all tunnels. */
  files(): readonly string[];
  /** Resolves when every binding is free. */
  down(name: string): Promise<TunnelSnapshot>;
  restart(name: string, request: AgentRequest): Promise<TunnelSnapshot>;
  /** What it was brought up with, and whether it is to be up; null: no such tunnel. */
  asked(name: string): WantedTunnel | null;
  /** What happened to its bindings, the oldest episode first. */
  story(name: string): Story;
  subscribe(listener: (change: TunnelChange) => void): () => void;
  /** What the windows of all connections come to, and what waits to be sent, in bytes. */
  usage(): Pick<Memory, 'windows' | 'queued'>;
  /** A route over the same connections that the tunnels use, for the doctor: no person is asked for it. */
  lease(route: Route, signal: AbortSignal): Promise<Lease>;
  /** What an earlier supervisor was asked for. */
  restore(wanted: readonly WantedTunnel[]): void;
  /** Closes everything in order; what is wanted stays wanted. */
  shutdown(deadlineMs: number): Promise<void>;
}

export type TunnelsGiven = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly wanted: WantedStore;
  readonly refusals: RefusalStore;
  readonly rungs: Rungs;
  readonly prompts: PromptBook;
  readonly cipherCosts?: () => CipherCosts | null;
  /** Null: ssh2 is to carry users' bytes. */
  readonly data?: DataShared | null;
  /** A tunnel has another profile, or there is a new one. */
  readonly onProfile?: () => void;
};

type Known = { readonly runner: Runner; readonly document: string; readonly kept: WantedTunnel };
type Accepted = Known & { readonly change: ProfileChange | null };
type How = { readonly byPerson?: boolean };

export const createTunnels = (given: TunnelsGiven): Tunnels => new TunnelSet(given);

class TunnelSet implements Tunnels {
  readonly #given: TunnelsGiven;
  readonly #links: Links;
  readonly #claims = new LocalClaims();
  readonly #defaults = new SshDefaults();
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<(change: TunnelChange) => void>();
  readonly #changed = new Set<string>();

  constructor(given: TunnelsGiven) {
    this.#given = given;
    // A link's change shows in every tunnel that may use it.
    this.#links = new Links({
      clock: given.clock,
      onChange: () => this.#announceAll(),
      desk: given.prompts,
      refusals: given.refusals,
      ...(given.cipherCosts && { cipherCosts: given.cipherCosts }),
      ...(given.data !== undefined && { data: given.data }),
      onRemark: remarkTeller(given.log),
    });
    given.prompts.onSettled((settled) => this.#known.forEach(({ runner }) => runner.settled(settled)));
  }

  snapshot(names?: readonly string[]): TunnelSnapshot[] {
    const chosen = names === undefined ? [...this.#known.values()] : names.map((name) => this.#find(name));
    return chosen.map(shown).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  foretell(names: readonly string[]): void {
    for (const name of names) this.#known.get(name)?.runner.foretell();
  }

  async up(name: string, request: UpRequest): Promise<TunnelSnapshot> {
    const { takeOver, ...asked } = request;
    const tunnel = this.#accept({ name, wanted: 'up', ...asked }, { byPerson: true });
    tunnel.runner.up({ takeOver: takeOver === true, byPerson: true });
    // The dial is on its way before the disk is waited for; meanwhile something else may have been asked for.
    await nextTurn();
    this.#given.wanted.put(this.asked(name) ?? tunnel.kept);
    return shown(tunnel);
  }

  change(name: string, request: ChangeRequest): ChangeReply {
    const { runner, kept } = this.#find(name);
    const accepted = this.#accept({ ...kept, ...request, wanted: runner.snapshot.wanted });
    this.#given.wanted.put(accepted.kept);
    return { tunnel: shown(accepted), change: accepted.change };
  }

  files(): readonly string[] {
    return [...new Set([...this.#known.values()].flatMap(({ kept }) => [kept.origin, ...(kept.files ?? [])]))];
  }

  async down(name: string): Promise<TunnelSnapshot> {
    const known = this.#find(name);
    const unwritten = trial(() => this.#given.wanted.put({ ...known.kept, wanted: 'down' }));
    await known.runner.down();
    if (unwritten !== null) throw unwritten;
    return shown(known);
  }

  async restart(name: string, { agent }: AgentRequest): Promise<TunnelSnapshot> {
    const known = this.#accept({ ...this.#find(name).kept, ...(agent !== undefined && { agent }) });
    const unwritten = trial(() => this.#given.wanted.put({ ...known.kept, wanted: 'up' }));
    await known.runner.restart();
    if (unwritten !== null) throw unwritten;
    return shown(known);
  }

  asked(name: string): WantedTunnel | null {
    const known = this.#known.get(name);
    return known === undefined ? null : { ...known.kept, wanted: known.runner.snapshot.wanted };
  }

  story(name: string): Story {
    return { schemaVersion: 1, tunnel: name, episodes: [...this.#find(name).runner.story] };
  }

  subscribe(listener: (change: TunnelChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  usage(): Pick<Memory, 'windows' | 'queued'> {
    return this.#links.usage();
  }

  lease(route: Route, signal: AbortSignal): Promise<Lease> {
    return this.#links.lease(route, signal, { byPerson: true });
  }

  restore(wanted: readonly WantedTunnel[]): void {
    for (const kept of wanted) {
      try {
        const { runner } = this.#accept(kept);
        if (kept.wanted === 'up') runner.up();
      } catch (error) {
        this.#given.log.problem(problemOf(error), { tunnel: kept.name });
      }
    }
  }

  async shutdown(deadlineMs: number): Promise<void> {
    const all = Promise.all([...this.#known.values()].map(({ runner }) => runner.down()));
    await Promise.race([all, new Promise<void>((resolve) => void this.#given.clock.after(deadlineMs, resolve))]);
    this.#links.end();
  }

  #find(name: string): Known {
    const known = this.#known.get(name);
    if (known === undefined) throw new ProblemError(problem('tunnel-not-found', { name, nearest: nearest(name, [...this.#known.keys()]) }));
    return known;
  }

  /** The same document again changes nothing; of another one, no more than what differs is touched. */
  #accept(asked: WantedTunnel, { byPerson = false }: How = {}): Accepted {
    const document = JSON.stringify(asked.profile);
    const before = this.#known.get(asked.name);
    const profile = before?.document === document ? null : checked(asked);
    const runner = before?.runner ?? this.#newRunner(profile ?? checked(asked));
    // Who has no agent, such as a cron job, takes nobody's away.
    const kept = { ...(before?.kept.agent !== undefined && { agent: before.kept.agent }), ...asked };
    this.#known.set(asked.name, { runner, document, kept });
    const change = before === undefined || profile === null ? null : changeOf(runner.change(profile, { byPerson }), profile);
    if (change !== null)
      this.#given.log.info('profile-changed', { tunnel: asked.name, text: `The profile has changed: ${changeWords(change)}.` });
    this.#given.onProfile?.();
    return { runner, document, kept, change };
  }

  #newRunner(profile: Profile): Runner {
    const { clock, random, env, log, rungs, prompts } = this.#given;
    const { name } = profile;
    const shared = {
      links: this.#links,
      defaults: this.#defaults,
      claims: this.#claims,
      onWaits: (waits: Waits | null) => prompts.waits(name, waits),
    };
    const loginIn = (): Promise<NodeJS.ProcessEnv> => loginEnv(env, { agent: this.#known.get(name)?.kept.agent, clock });
    return new Runner({ profile, clock, random, env: loginIn, log, rungs, ...shared, onChange: () => this.#announce(name) });
  }

  #announceAll(): void {
    for (const name of this.#known.keys()) this.#announce(name);
  }

  /** Changes of one turn of the event loop are told together: listeners want the state, not each step to it. */
  #announce(name: string): void {
    if (this.#listeners.size === 0) return;
    if (this.#changed.size === 0) setImmediate(() => this.#tellListeners());
    this.#changed.add(name);
  }

  #tellListeners(): void {
    const names = [...this.#changed];
    this.#changed.clear();
    for (const name of names) {
      const known = this.#known.get(name);
      if (known === undefined) continue;
      const tunnel = shown(known);
      for (const listener of this.#listeners) listener({ type: 'tunnel', tunnel });
    }
  }
}

const shown = ({ runner, kept }: Known): TunnelSnapshot => ({ ...runner.snapshot, origin: kept.origin });
