import { decideLocal, type LocalDecision, type LocalHolder, localHolderWords } from '../../decide/local-binding.ts';
import { type Address, isSocket, printAddress } from '../../model/address.ts';
import { type Problem, ProblemError, problem, wordsOf } from '../../model/problem.ts';
import type { Forward } from '../../model/profile.ts';
import type { Clock } from '../../platform/clock.ts';
import { HERE } from '../../ssh/forwards/bind.ts';
import { listenHere, type LocalListener } from '../../ssh/forwards/listen-here.ts';
import type { Listener, Service } from '../../ssh/types.ts';
import { BindLater } from '../recovery/bind-later.ts';
import { pause } from '../recovery/perform.ts';
import type { EpisodeTeller, Teller } from '../recovery/teller.ts';
import type { LocalClaims } from './local-claims.ts';
import { LocalLook, type LocalSeen } from './local-look.ts';
import { keepCompleting, warningsOf } from './local-warnings.ts';

export type LocalLadderGiven = {
  readonly tunnel: string;
  readonly forward: Forward;
  readonly clock: Clock;
  readonly teller: Teller;
  readonly claims: LocalClaims;
};

export type LocalClimb = {
  readonly service: Service;
  readonly signal: AbortSignal;
  /** It listens, but something about it is odd; null: nothing is. */
  readonly onWarning: (warning: Problem | null) => void;
};

type Episode = { readonly teller: EpisodeTeller; tries: number; told: string; waiting: boolean };
type Tried = { readonly listener: LocalListener } | { readonly seen: LocalSeen };

/** Somebody may just be letting go of it; ms. */
const QUICK_RETRIES = [5, 20, 50] as const;

/**
 * The recovery ladder in small, for one forward that listens on this machine: try, look who is in the way, and do
 * what `decideLocal` says. An episode lasts from the first refusal to a binding; a new run tries the wanted port first.
 */
export class LocalLadder {
  readonly #given: LocalLadderGiven;
  readonly #look: LocalLook;
  #episode: Episode | null = null;

  constructor(given: LocalLadderGiven) {
    this.#given = given;
    this.#look = new LocalLook(given.claims);
  }

  /** Resolves with the listener. Rejects with BindLater when it is to be tried again later, or with the ProblemError that ends it. */
  async bind(climb: LocalClimb): Promise<Listener> {
    const first = await this.#wanted(climb);
    if ('listener' in first) return await this.#bound(first.listener, climb, null);
    climb.signal.throwIfAborted();
    const holder = first.seen.holder ?? UNSEEN;
    const episode = this.#refused(holder, first.seen);
    for (const triedFallbacks: number[] = []; ; ) {
      const history = { sinceMs: this.#given.clock.now() - episode.teller.startedAt, tries: episode.tries, triedFallbacks };
      const decision = decideLocal(holder, this.#given.forward, history);
      if (decision.do === 'wait') throw this.#waits(decision, episode);
      if (decision.do === 'ask') throw this.#asks(decision.problem, episode);
      const listener = await this.#elsewhere(decision.port, climb);
      if (listener !== null) return await this.#bound(listener, climb, holder);
      triedFallbacks.push(decision.port);
    }
  }

  /** The tunnel goes down, or is replaced. */
  callOff(): void {
    this.#episode?.teller.end('called-off', 'The tunnel was taken down.');
    this.#episode = null;
  }

  async #wanted(climb: LocalClimb): Promise<Tried> {
    const { forward, clock } = this.#given;
    for (let tries = 0; ; tries += 1) {
      const tried = await this.#try(forward.listen, climb);
      const soon = QUICK_RETRIES[tries];
      if ('listener' in tried || tried.seen.holder !== null || soon === undefined) return tried;
      await pause(soon, { clock, signal: climb.signal });
    }
  }

  async #try(listen: Address, climb: LocalClimb): Promise<Tried> {
    const listener = await this.#listen(listen, climb);
    if (listener instanceof ProblemError) return { seen: await this.#seen(listen, listener.problem) };
    const tunnel = listener.half === null ? null : this.#given.claims.holder(listener.half.missing);
    if (tunnel === null) return { listener };
    // Two tunnels that share `localhost` would mix up their clients.
    await listener.close(0);
    return { seen: { holder: { is: 'tunnel', tunnel }, text: `A part of ${printAddress(listen)} is in use.` } };
  }

  /** A fallback port is taken whole or not at all; who has it does not matter. */
  async #elsewhere(port: number, climb: LocalClimb): Promise<LocalListener | null> {
    const { listen } = this.#given.forward;
    if (isSocket(listen)) return null;
    const listener = await this.#listen({ ...listen, port }, climb);
    if (listener instanceof ProblemError) return null;
    if (listener.half === null) return listener;
    await listener.close(0);
    return null;
  }

  async #listen(listen: Address, { service, signal }: LocalClimb): Promise<LocalListener | ProblemError> {
    const { clock } = this.#given;
    try {
      return await listenHere({ ...service, forward: { ...service.forward, listen } }, { signal, clock, describe: () => UNSEEN.words });
    } catch (error) {
      if (error instanceof ProblemError && error.problem.code === 'binding-held') return error;
      throw error;
    }
  }

  async #seen(listen: Address, because: Problem): Promise<LocalSeen> {
    if (!isSocket(listen)) return await this.#look.at(listen);
    return this.#look.atPath(listen.path, because.code === 'binding-held' ? because.facts.holder : UNSEEN.words);
  }

  async #bound(listener: LocalListener, climb: LocalClimb, holder: LocalHolder | null): Promise<Listener> {
    const { forward, tunnel, claims, clock } = this.#given;
    const release = claims.hold(listener.address, tunnel);
    const told = await warningsOf(listener, { asked: forward.listen, holder, look: this.#look });
    if (!climb.signal.aborted) this.#endWell(listener, told.worthTelling);
    climb.onWarning(told.first);
    const stop = keepCompleting(listener.half, { clock, onComplete: () => climb.onWarning(told.afterHalf) });
    return held(listener, { stop, release });
  }

  #endWell({ address }: LocalListener, odd: Problem | null): void {
    if (odd !== null) {
      const { teller } = this.#begin();
      const { text } = wordsOf(odd);
      if (odd.code === 'binding-fell-back') teller.did('fallback', text);
      else teller.tell('evidence', text);
    }
    this.#episode?.teller.end('bound', `${printAddress(address)} is bound.`);
    this.#episode = null;
  }

  #refused(holder: LocalHolder, { text }: LocalSeen): Episode {
    const episode = this.#begin();
    const found = `${localHolderWords(holder)}: ${text}`;
    if (episode.tries === 0) episode.teller.tell('refused', wordsOf(this.#inUse(holder)).text);
    if (episode.told !== found) {
      episode.teller.tell('evidence', text);
      episode.teller.judged(VERDICT[holder.is].is, VERDICT[holder.is].text(localHolderWords(holder)));
    }
    episode.told = found;
    episode.tries += 1;
    return episode;
  }

  #inUse(holder: LocalHolder): Problem {
    return problem('binding-held', { listen: printAddress(this.#given.forward.listen), on: HERE, holder: localHolderWords(holder) });
  }

  #waits({ problem: because, retryAfterMs }: Extract<LocalDecision, { do: 'wait' }>, episode: Episode): BindLater {
    const { text, next } = wordsOf(because, this.#given.tunnel);
    if (!episode.waiting) episode.teller.did('wait', `${text} ${next}`);
    episode.waiting = true;
    return new BindLater(because, retryAfterMs);
  }

  #asks(because: Problem, episode: Episode): ProblemError {
    const { text, next } = wordsOf(because, this.#given.tunnel);
    episode.teller.end('asks', `${text} ${next}`);
    this.#episode = null;
    return new ProblemError(because);
  }

  #begin(): Episode {
    const { forward, teller } = this.#given;
    const place = { forward: forward.name, on: HERE, listen: printAddress(forward.listen) };
    this.#episode ??= { teller: teller.begin(place), tries: 0, told: '', waiting: false };
    return this.#episode;
  }
}

type Ends = { readonly stop: () => void; readonly release: () => void };

/** Apart from the climb, which would be kept, with its signal, for as long as it listens. */
function held(listener: LocalListener, { stop, release }: Ends): Listener {
  return {
    address: listener.address,
    close: async (drainMs) => {
      stop();
      release();
      await listener.close(drainMs);
    },
  };
}

/** bind(2) without listen(2) shows in no table of proc(5). */
const UNSEEN = { is: 'program', words: 'a program that does not show, such as one that has the port without listening on it' } as const;

const VERDICT = {
  tunnel: { is: 'ours-live', text: (words: string) => `It is held by ${words}.` },
  program: { is: 'someone-else', text: (words: string) => `It is held by ${words}.` },
  'source-port': { is: 'free', text: (words: string) => `Nobody listens there; ${words} has the port as its own.` },
} as const;
