import { ProblemError, type Problem, problem, problemOf } from '../../model/problem.ts';
import { promptOf } from '../../model/prompt-words.ts';
import type { Prompt, Question } from '../../model/prompt.ts';
import { type Deferred, deferred } from '../../platform/deferred.ts';
import type { Desk, DeskRequest } from '../../ssh/links/asking.ts';
import { fitting, type Reply } from './fitting.ts';
import { keyOf } from './key-of.ts';
import { type Answers, type Asked, Memory, type MemoryNeeds } from './memory.ts';

export type PromptEvent = { readonly type: 'prompt'; readonly prompt: Prompt } | { readonly type: 'prompt-gone'; readonly id: string };
/** What a tunnel waits for; `parked`: the login that asked is over, and the next begins with the answer. */
export type Waits = { readonly prompt: string; readonly parked: boolean };
export type Settled = { readonly prompt: string; readonly how: 'answered' | 'declined' };

type Open = {
  readonly id: string;
  readonly since: number;
  readonly key: string;
  asked: Asked;
  /** The logins that wait this moment. */
  readonly live: Set<Deferred<Answers | null>>;
};

/**
 * What logins ask a person. A prompt is open as long as a login asks or a tunnel waits: it outlives the login, which
 * its server ends when nobody answers in time.
 */
export class PromptBook implements Desk {
  readonly #needs: MemoryNeeds;
  readonly #memory: Memory;
  readonly #open = new Map<string, Open>();
  readonly #waits = new Map<string, Waits>();
  readonly #listeners = new Set<(event: PromptEvent) => void>();
  readonly #settledListeners = new Set<(settled: Settled) => void>();
  readonly #changed = new Set<string>();
  #count = 0;

  constructor(needs: MemoryNeeds) {
    this.#needs = needs;
    this.#memory = new Memory(needs);
  }

  /** Rejects with the signal's reason. */
  async ask(question: Question, { place, signal, onOpen }: DeskRequest): Promise<Answers | null> {
    signal.throwIfAborted();
    const asked = { question: await this.#afterWrong(question, place), place };
    const known = await this.#memory.recall(asked);
    if (known !== null) return known;
    signal.throwIfAborted();
    const open = this.#openFor(asked);
    const ask = deferred<Answers | null>();
    const abort = (): void => ask.reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    open.live.add(ask);
    onOpen(open.id);
    this.#tell(open.id);
    try {
      return await ask.promise;
    } finally {
      signal.removeEventListener('abort', abort);
      open.live.delete(ask);
      this.#dropUnwanted(open.id);
    }
  }

  async #afterWrong(question: Question, place: string): Promise<Question> {
    if (!('again' in question && question.again)) return question;
    const { remembered } = await this.#memory.forget({ question, place });
    return question.is === 'questions' ? question : { ...question, remembered };
  }

  list(): Prompt[] {
    return [...this.#open.values()].map((open) => this.#shown(open));
  }

  /** Resolves with what kept the answer from being remembered, if anything. Throws `prompt-gone` or `answer-unfit`; the question then still waits. */
  async answer(id: string, reply: Reply): Promise<Problem | null> {
    const open = this.#find(id);
    const answers = fitting(open.asked.question, reply);
    this.#settle(open, answers);
    if (answers === null || reply.remember === undefined) return null;
    return await this.#memory.keep(open.asked, answers, reply.remember).then(() => null, problemOf);
  }

  /** Throws `prompt-gone`. */
  decline(id: string): void {
    this.#settle(this.#find(id), null);
  }

  /** What a tunnel waits for now; null: for nothing any more. */
  waits(tunnel: string, waits: Waits | null): void {
    const before = this.#waits.get(tunnel)?.prompt;
    if (waits === null) this.#waits.delete(tunnel);
    else this.#waits.set(tunnel, waits);
    for (const id of new Set([before, waits?.prompt])) {
      if (id === undefined) continue;
      this.#tell(id);
      this.#dropUnwanted(id);
    }
  }

  subscribe(listener: (event: PromptEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onSettled(listener: (settled: Settled) => void): void {
    this.#settledListeners.add(listener);
  }

  /** The same question asked twice is one prompt; but a one-time code serves one login, so that only a prompt without one is joined. */
  #openFor(asked: Asked): Open {
    const key = keyOf(asked.question, asked.place);
    const same = [...this.#open.values()].find((open) => open.key === key && (asked.question.is !== 'questions' || open.live.size === 0));
    if (same !== undefined) {
      same.asked = asked;
      return same;
    }
    this.#count += 1;
    const open: Open = { id: String(this.#count), since: this.#needs.clock.now(), key, asked, live: new Set() };
    this.#open.set(open.id, open);
    return open;
  }

  #find(id: string): Open {
    const open = this.#open.get(id);
    if (open === undefined) throw new ProblemError(problem('prompt-gone', { id }));
    return open;
  }

  /** Those whose login is over take the answer with their next. */
  #settle(open: Open, answers: Answers | null): void {
    const parked = [...this.#waits.values()].filter((waits) => waits.prompt === open.id && waits.parked).length;
    const uses = Math.max(parked, open.live.size === 0 ? 1 : 0);
    if (answers !== null && uses > 0) this.#memory.hold(open.asked, answers, open.asked.question.is === 'questions' ? 1 : uses);
    this.#open.delete(open.id);
    this.#tell(open.id);
    for (const ask of open.live) ask.resolve(answers);
    for (const listener of this.#settledListeners) listener({ prompt: open.id, how: answers === null ? 'declined' : 'answered' });
  }

  #dropUnwanted(id: string): void {
    const open = this.#open.get(id);
    if (open === undefined || open.live.size > 0 || this.#tunnelsOf(id).length > 0) return;
    this.#open.delete(id);
    this.#tell(id);
  }

  #tunnelsOf(id: string): string[] {
    return [...this.#waits].flatMap(([tunnel, { prompt }]) => (prompt === id ? [tunnel] : [])).toSorted();
  }

  #shown({ id, since, asked }: Open): Prompt {
    return { id, ...promptOf(asked.question), tunnels: this.#tunnelsOf(id), since: new Date(since).toISOString() };
  }

  /** Changes of one turn of the event loop are told together, when it is also known which tunnels wait. */
  #tell(id: string): void {
    if (this.#changed.size === 0) setImmediate(() => this.#tellAll());
    this.#changed.add(id);
  }

  #tellAll(): void {
    const ids = [...this.#changed];
    this.#changed.clear();
    for (const id of ids) {
      const open = this.#open.get(id);
      const event: PromptEvent = open === undefined ? { type: 'prompt-gone', id } : { type: 'prompt', prompt: this.#shown(open) };
      for (const listener of this.#listeners) listener(event);
    }
  }
}
