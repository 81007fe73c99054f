import type { BindingVerdict } from '../../model/binding.ts';
import { type Address, isSocket, printAddress } from '../../model/address.ts';
import { judgeBinding } from '../../decide/judge-binding.ts';
import { addressesOf } from '../../decide/same-port.ts';
import { type Decision, type Policy, recover, retryBeforeDiagnosis } from '../../decide/recover.ts';
import { type Problem, problem, ProblemError, problemOf, retryClassOf, wordsOf } from '../../model/problem.ts';
import type { Forward } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TestedListener } from '../../ssh/recovery/steps/tested-listener.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Listener, Service } from '../../ssh/types.ts';
import { BindLater } from './bind-later.ts';
import { describeEvidence } from './describe-evidence.ts';
import { type Episode, newEpisode, verdictText } from './episode.ts';
import { heldListener } from './held-listener.ts';
import { deathOf, historyOf } from './history-of.ts';
import { pause, perform } from './perform.ts';
import type { CareWanted, Rungs } from './rungs.ts';
import type { Teller } from './teller.ts';

export type LadderGiven = {
  readonly tunnel: string;
  readonly hop: string;
  readonly forward: Forward;
  readonly care: CareWanted;
  readonly takeOver: () => boolean;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly rungs: Rungs;
};

export type Climb = {
  readonly link: HopLink;
  readonly service: Service;
  readonly signal: AbortSignal;
  /** Told as soon as a refusal turns out to be more than a moment's. */
  readonly onTrouble: (because: Problem) => void;
  /** Bound, but not quite as asked; null: as asked. */
  readonly onWarning: (warning: Problem | null) => void;
};

/** Between two looks at a binding that is being waited for; in between only the request itself is repeated. */
const LOOK_AGAIN_MS = 30_000;

/**
 * The recovery ladder for one forward on a hop. It lives through reconnects: an episode begins with the first refusal
 * and ends with a binding, and what was done in it (one poke, one knock, two evictions at most) is never done again.
 * What to do is decided by `recover`; here it is carried out.
 */
export class Ladder {
  readonly #given: LadderGiven;
  #episode: Episode | null = null;
  /** The link whose reset has had its episode. */
  #credited: HopLink | null = null;
  /** The user's leave to take the binding away from a live session holds for one binding: two who have it must not fight for ever. */
  #leaveUsed = false;

  constructor(given: LadderGiven) {
    this.#given = given;
  }

  /** Resolves with the listener. Rejects with BindLater when it is to be tried again later, or with the ProblemError that ends it. */
  async bind(climb: Climb): Promise<Listener> {
    await this.#given.rungs.enter(climb.link, { tunnel: this.#given.tunnel, listen: this.#given.forward.listen });
    for (;;) {
      climb.signal.throwIfAborted();
      const mark = climb.link.said.mark();
      const tried = await this.#try(climb);
      const listener = 'listener' in tried ? await this.#bound(tried, climb) : null;
      if (listener !== null) return listener;
      const because = 'listener' in tried ? refusalOf(this.#listen, this.#given.hop) : tried.because;
      if (!isRefusal(because)) throw new ProblemError(because);
      await this.#refused(climb, { because, said: climb.link.said.since(mark) });
    }
  }

  /** The tunnel goes down, or is replaced: whatever was under way is over. */
  callOff(): void {
    this.#episode?.teller.end('called-off', 'The tunnel was taken down.');
    this.#episode = null;
    this.#leaveUsed = false;
  }

  get #mayTakeOver(): boolean {
    return !this.#leaveUsed && this.#given.takeOver();
  }

  get #listen(): Address {
    const { listen } = this.#given.forward;
    const port = this.#episode?.fallback ?? null;
    return port === null || isSocket(listen) ? listen : { ...listen, port };
  }

  async #try({ link, service }: Climb): Promise<TestedListener | { readonly because: Problem }> {
    try {
      return await this.#given.rungs.listen(link, { ...service, forward: { ...service.forward, listen: this.#listen } });
    } catch (error) {
      return { because: problemOf(error) };
    }
  }

  /** Null where the server's yes was for another address alone, such as dropbear's ::1 for 127.0.0.1: that is as good as a refusal. */
  async #bound(bound: TestedListener, climb: Climb): Promise<Listener | null> {
    const { rungs } = this.#given;
    const { listener } = bound;
    const verified = await rungs.verify(climb.link, { asked: this.#listen, ...bound, signal: climb.signal });
    const refused = verified !== null && verified.code === 'binding-widened' && !this.#given.forward.public;
    if (verified !== null && verified.code === 'binding-half' && isOneAddress(this.#listen)) {
      await listener.close(0);
      return null;
    }
    climb.onWarning(verified);
    if (verified !== null) this.#begin().teller.tell('evidence', wordsOf(verified).text);
    if (verified !== null && refused) {
      await listener.close(0);
      throw this.#asks(verified);
    }
    this.#leaveUsed = true;
    const release = rungs.hold(climb.link, { address: listener.address, tunnel: this.#given.tunnel, care: this.#given.care });
    this.#endWell(listener.address, climb.link);
    return heldListener(listener, { link: climb.link, release, rungs });
  }

  /** Also a first try may be a recovery: the reset that went before it is what freed the port. */
  #endWell(address: Address, link: HopLink): void {
    const at = printAddress(address);
    if (this.#episode === null && link.reset !== null && link !== this.#credited) {
      const episode = this.#begin(link.reset.at);
      episode.teller.judged('ours-stale', 'The connection before this one was dead, and the server still had its session.');
      episode.teller.did('reset', 'Its socket was reset as soon as the server could be reached again, before anything was asked for.');
    }
    this.#credited = link;
    this.#episode?.teller.end('bound', `${at} is bound.`);
    this.#episode = null;
  }

  async #refused(climb: Climb, refusal: Refusal): Promise<void> {
    const episode = this.#begin();
    episode.refusals += 1;
    const soon = refusal.because.code === 'bind-not-allowed' || episode.verdict !== null ? null : retryBeforeDiagnosis(episode.refusals);
    if (soon !== null) return await pause(soon, { clock: this.#given.clock, signal: climb.signal });
    if (this.#shouldLook(episode)) await this.#look(episode, climb, refusal);
    const { clock, rungs } = this.#given;
    const history = historyOf(episode, { now: clock.now(), link: climb.link, rungs });
    const decision = recover(episode.verdict ?? { is: 'cannot-tell' }, this.#policy(), history);
    await this.#carryOut(decision, episode, climb);
  }

  #shouldLook(episode: Episode): boolean {
    return episode.lookedAt === null || episode.changed || this.#given.clock.now() - episode.lookedAt >= LOOK_AGAIN_MS;
  }

  async #look(episode: Episode, climb: Climb, { because, said }: Refusal): Promise<void> {
    const { clock, rungs, tunnel } = this.#given;
    if (episode.lookedAt === null) {
      episode.teller.tell('refused', wordsOf(because).text);
      climb.onTrouble(because);
    }
    const startedAt = clock.monotonic();
    const looked = await rungs.look(climb.link, {
      tunnel,
      listen: this.#listen,
      said,
      mayPoke: episode.pokedAt === null,
      takeOver: this.#mayTakeOver,
      signal: climb.signal,
    });
    const seen = looked.evidence;
    // The one poke's answer stays true for the episode; without it a silent holder would look like none.
    const evidence = seen.probe === 'not-tried' && episode.probe !== null ? { ...seen, probe: episode.probe } : seen;
    const verdict = judgeBinding(evidence);
    if (seen.probe !== 'not-tried' && episode.pokedAt === null) {
      episode.pokedAt = looked.pokedAt ?? clock.now();
      episode.probe = seen.probe;
      episode.teller.did('poke', 'Connected to it once, so that the server has something to send to whoever holds it.');
    }
    episode.teller.tell('evidence', describeEvidence(evidence), clock.monotonic() - startedAt);
    this.#judge(episode, verdict);
    Object.assign(episode, { lookedAt: clock.now(), changed: false, old: looked.old, diedAt: deathOf(verdict, looked) });
  }

  #judge(episode: Episode, verdict: BindingVerdict): void {
    if (episode.verdict?.is !== verdict.is) {
      episode.verdictAt = this.#given.clock.now();
      episode.teller.judged(verdict.is, verdictText(verdict));
    }
    episode.verdict = verdict;
  }

  async #carryOut(decision: Decision, episode: Episode, { link, signal }: Climb): Promise<void> {
    if (decision.do === 'wait') throw this.#waits(decision, episode);
    if (decision.do === 'ask') throw this.#asks(decision.problem);
    const { rungs, clock } = this.#given;
    await perform(decision, episode, { clock, rungs, link, signal });
  }

  #waits(decision: Extract<Decision, { do: 'wait' }>, episode: Episode): BindLater {
    const { text, next } = wordsOf(decision.problem, this.#given.tunnel);
    const until = decision.etaMs === null ? null : this.#given.clock.now() + decision.etaMs;
    episode.fallback = null;
    if (!episode.waiting) episode.teller.did('wait', `${text} ${next}`);
    episode.waiting = true;
    episode.teller.waits(until);
    return new BindLater(decision.problem, decision.retryAfterMs);
  }

  #asks(because: Problem): ProblemError {
    const { text, next } = wordsOf(because, this.#given.tunnel);
    const episode = this.#episode;
    if (retryClassOf(because) === 'person') {
      episode?.teller.end('asks', `${text} ${next}`);
      this.#episode = null;
    } else if (episode !== null && !episode.waiting) {
      // Somebody else may let go of it by himself: the same episode goes on when it is asked for again.
      episode.waiting = true;
      episode.teller.tell('asks', `${text} ${next}`);
    }
    return new ProblemError(because);
  }

  #begin(since?: number): Episode {
    const { forward, hop, teller, clock } = this.#given;
    const place = { forward: forward.name, on: hop, listen: printAddress(forward.listen) };
    this.#episode ??= { ...newEpisode(clock.now()), teller: teller.begin(place, since) };
    return this.#episode;
  }

  #policy(): Policy {
    const { forward, hop } = this.#given;
    const { listen, onConflict, fallbackPorts, giveUpAfterMs } = forward;
    return { listen, on: hop, onConflict, fallbackPorts, giveUpAfterMs, takeOver: this.#mayTakeOver };
  }
}

type Refusal = { readonly because: Problem; readonly said: readonly string[] };

const refusalOf = (listen: Address, on: string): Problem => problem('binding-refused', { listen: printAddress(listen), on });

const isOneAddress = (listen: Address): boolean => !isSocket(listen) && addressesOf(listen.host)?.length === 1;

const isRefusal = (because: Problem): boolean => because.code === 'binding-refused' || because.code === 'bind-not-allowed';
