import { backoff } from '../../decide/backoff.ts';
import { leastWait } from '../../decide/lock-out.ts';
import { type Problem, ProblemError, problem, problemOf, retryClassOf } from '../../model/problem.ts';
import type { HopWord } from '../../model/snapshot.ts';
import { sshWords } from '../../model/ssh-words.ts';
import type { LiveLink } from '../session/live-link.ts';
import type { ResolvedHop } from '../types.ts';
import { Asking, type OnNeeded } from './asking.ts';
import { DeadLinks } from './dead-links.ts';
import { dialLink } from './dial-link.ts';
import type { SlotGiven } from './slot-given.ts';
import { Vouchers } from './vouchers.ts';

/** After the last user has left; whoever reconnects comes back within it. */
const LINGER_MS = 5_000;
const CLOSE_MS = 3_000;

/**
 * The place of one shared connection: at most one link in use and one dial under way, whoever asks.
 * While its link is doubted a second one is dialled beside it; whichever answers first stays.
 */
export class Slot {
  readonly hop: ResolvedHop;
  readonly vouchers = new Vouchers();
  readonly #given: SlotGiven;
  readonly #dead: DeadLinks;
  #users = 0;
  #link: LiveLink | null = null;
  #wasAided = false;
  #dial: { readonly link: Promise<LiveLink>; readonly abort: AbortController; readonly asking: Asking } | null = null;
  readonly #audience = new Set<OnNeeded>();
  #doubtedAt: number | null = null;
  /** Dials beside the doubted link that failed. */
  #besides = 0;
  #cancelLinger = () => {};
  #cancelBeside = () => {};

  constructor(hop: ResolvedHop, given: SlotGiven) {
    this.hop = hop;
    this.#given = given;
    this.#dead = new DeadLinks(this.#place(), given);
  }

  get state(): HopWord {
    if (this.#link !== null) return this.#link.suspect ? 'suspect' : 'up';
    return this.#dial === null ? 'down' : 'connecting';
  }

  get rttMs(): number | null {
    return this.#link?.rttMs ?? null;
  }

  get cipher(): string | null {
    return this.#link?.cipher ?? null;
  }

  /** Its link is there, and a person had to do something for its login. */
  get wasAided(): boolean {
    return this.#link !== null && this.#wasAided;
  }

  get usage(): LiveLink['traffic']['usage'] | null {
    return this.#link?.traffic.usage ?? null;
  }

  /** The link, dialled if there is none; rejects with the ProblemError of the dial. `quiet`: not with a person's help. */
  async ready({ quiet }: { readonly quiet: boolean }): Promise<LiveLink> {
    if (this.#link !== null) return this.#link;
    const { link, asking } = this.#begin();
    if (quiet) return await Promise.race([link, asking.asked]);
    try {
      return await link;
    } catch (error) {
      // It was begun by somebody who may not ask, and came to its question before we came.
      if (!asking.wasUnheard || this.#audience.size === 0) throw error;
      return await this.ready({ quiet });
    }
  }

  /** `hear`: whom this user tells what a person has to do; null: that nobody may be asked on its behalf. */
  enter(hear: OnNeeded | null): void {
    this.#users += 1;
    this.#cancelLinger();
    if (hear === null) return;
    this.#audience.add(hear);
    const needed = this.#dial?.asking.needed;
    if (needed) hear(needed);
  }

  /** The last user's leaving closes the link in order, or, where somebody may come back for it, a little later. */
  async leave(how: 'for-good' | 'may-return', hear: OnNeeded | null): Promise<void> {
    if (hear !== null) this.#audience.delete(hear);
    this.#users -= 1;
    if (this.#users > 0) return;
    if (how === 'for-good') await this.#end();
    else this.#cancelLinger = this.#given.clock.after(LINGER_MS, () => void this.#end());
  }

  async #end(): Promise<void> {
    this.#cancelLinger();
    this.#cancelBeside();
    this.#dial?.abort.abort(new ProblemError(problem('asked-down', {})));
    this.#given.onEmpty();
    const link = this.#link;
    this.#link = null;
    await link?.close(CLOSE_MS);
  }

  #begin() {
    if (this.#dial !== null) return this.#dial;
    const abort = new AbortController();
    const asking = new Asking({ desk: this.#given.desk, place: this.#place(), audience: this.#audience });
    const dial = { abort, asking, link: this.#connect(abort.signal, asking) };
    this.#dial = dial;
    this.#given.onChange();
    dial.link.then(
      // What was called off may have come through in the very same moment, and nobody else would ever close it.
      (link) => (abort.signal.aborted ? void link.close(CLOSE_MS) : this.#connected(link, asking)),
      (error: unknown) => this.#failed(error),
    );
    return dial;
  }

  async #connect(signal: AbortSignal, person: Asking): Promise<LiveLink> {
    try {
      return await this.#dialWith(signal, person);
    } catch (error) {
      throw signal.aborted ? error : person.reasonOf(error);
    } finally {
      person.end();
    }
  }

  async #dialWith(signal: AbortSignal, person: Asking): Promise<LiveLink> {
    const { parent, clock, keepalive, lockOuts, keys, cipherCosts, data, onRemark } = this.#given;
    const via = parent === null ? null : await parent.ready({ quiet: this.#audience.size === 0 });
    const dial = {
      clock,
      signal,
      keepalive,
      person,
      via,
      vouched: this.vouchers.some,
      onRemark,
      keys: keys.at(this.#place()),
      cipherCosts,
      data,
      onSuspect: this.#suspected,
      onReached: () => this.#dead.dismiss(),
      onHandshake: () => this.#greeted(),
      resetBefore: () => this.#dead.takeReset(),
    };
    return await lockOuts.guard(this.#account(), () => dialLink(this.hop, dial));
  }

  #connected(link: LiveLink, { wasNeeded }: Asking): void {
    this.#dial = null;
    this.#doubtedAt = null;
    this.#link = link;
    this.#wasAided = wasNeeded;
    void link.lost.then((because) => this.#lost(link, because));
    this.#given.onChange();
  }

  #failed(error: unknown): void {
    this.#dial = null;
    this.#given.onChange();
    const because = problemOf(error);
    const retry = retryClassOf(because);
    if (!this.#link?.suspect || retry === 'person') return;
    // Often where nobody hears it, ever more seldom where somebody turns it away.
    this.#besides += 1;
    this.#cancelBeside = this.#given.clock.after(backoff({ retry, attempt: this.#besides, jitter: 1, leastMs: leastWait(because) }), () =>
      this.#beside(),
    );
  }

  /** A person has asked for this connection: it may be tried again where servers have turned it away. */
  forgive(): void {
    this.#given.lockOuts.forgive(this.#account());
  }

  #greeted(): void {
    this.#given.lockOuts.reached(this.#account());
    this.#replaced();
  }

  #account() {
    return { host: this.hop.host, user: this.hop.user, ssh: sshWords(this.hop), place: this.#place() };
  }

  /** Made once: it stays with the link, and would keep the dial if it were made there. */
  readonly #suspected = (link: LiveLink, suspect: boolean): void => {
    if (link !== this.#link) return;
    if (suspect) this.#doubted();
    else this.#trusted();
    this.#given.onChange();
  };

  #doubted(): void {
    this.#doubtedAt ??= this.#given.clock.now();
    this.#besides = 0;
    this.#beside();
  }

  #beside(): void {
    if (this.#link?.suspect && this.#given.dialsBeside) this.#begin();
  }

  #trusted(): void {
    if (this.#doubtedAt !== null) this.#given.onRevived(this.#given.clock.now() - this.#doubtedAt);
    this.#doubtedAt = null;
    this.#cancelBeside();
    this.#dial?.abort.abort(new ProblemError(problem('link-replaced', { host: this.hop.name, ms: this.#link?.silentMs ?? 0 })));
  }

  /**
   * The server has answered a new connection while the old one stays silent. Its key exchange is
   * waited for, not just its TCP: a kernel accepts connections also for a server that is merely busy.
   */
  #replaced(): void {
    const old = this.#link;
    if (old?.suspect) {
      this.#link = null;
      this.#dead.park(old, problem('link-replaced', { host: this.hop.name, ms: old.silentMs }));
    }
    // Also what was given up and parked since this dial's TCP connected.
    this.#dead.dismiss();
  }

  #lost(link: LiveLink, because: Problem): void {
    if (this.#link !== link) return;
    this.#cancelBeside();
    this.#link = null;
    this.#dead.park(link, because);
    this.#given.onChange();
  }

  /** Two hops of one address behind different hops are different places, and so is one that a command leads to. */
  #place(): string {
    const parent = this.#given.parent;
    return `${parent === null ? '' : `${parent.#place()} `}${this.hop.host} ${this.hop.port}${this.hop.way.command === null ? '' : ' by command'}`;
  }
}
