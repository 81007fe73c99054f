import { type Problem, ProblemError, problem } from '../../model/problem.ts';
import { whatIsAsked } from '../../model/prompt-words.ts';
import type { Notice, Question } from '../../model/prompt.ts';
import { type Deferred, deferred } from '../../platform/deferred.ts';
import { OVER } from '../../platform/over.ts';
import type { Person } from '../identity/logins/person.ts';

export type DeskRequest = {
  /** The way to whom asks, which tells servers of one address apart. */
  readonly place: string;
  readonly signal: AbortSignal;
  /** It is known already or becomes a question with a name, by which it can be answered. */
  readonly onOpen: (id: string) => void;
};

/** Where questions are taken to. */
export interface Desk {
  /** As `Person.ask`. */
  ask(question: Question, request: DeskRequest): Promise<readonly string[] | null>;
}

/** Nobody ever answers there. */
export const EMPTY_DESK: Desk = { ask: async () => null };

/** Hears what a person has to do before a login can go on: `prompt-waiting`, `touch-needed`, or null for nothing. */
export type OnNeeded = (needed: Problem | null) => void;

export type AskingGiven = {
  readonly desk: Desk;
  readonly place: string;
  /** Who may be asked, as it is at the moment of the question. */
  readonly audience: ReadonlySet<OnNeeded>;
};

/** The person as one dial knows it: whoever waits for the dial hears what it waits for, and where nobody does nobody is asked. */
export class Asking implements Person {
  /** Rejects with `prompt-waiting` as soon as somebody is asked: for who does not wait for persons. */
  readonly asked: Promise<never>;
  readonly #given: AskingGiven;
  readonly #asked: Deferred<never> = deferred();
  readonly #over = new AbortController();
  #prompt: Problem | null = null;
  #notices: readonly Problem[] = [];
  #unheard: Problem | null = null;
  #wasNeeded = false;

  constructor(given: AskingGiven) {
    this.#given = given;
    this.asked = this.#asked.promise;
    this.asked.catch(() => {});
  }

  get needed(): Problem | null {
    return this.#prompt ?? this.#notices[0] ?? null;
  }

  /** A question came up or something had to be done, whoever did it: a person, or what remembers a person's answers. */
  get wasNeeded(): boolean {
    return this.#wasNeeded;
  }

  /** A question came up while there was nobody to ask. */
  get wasUnheard(): boolean {
    return this.#unheard !== null;
  }

  async ask(question: Question, signal: AbortSignal): Promise<readonly string[] | null> {
    this.#wasNeeded = true;
    const { desk, place, audience } = this.#given;
    const what = whatIsAsked(question);
    if (audience.size === 0) {
      this.#unheard ??= problem('answer-needed', { what });
      return null;
    }
    const onOpen = (id: string): void => this.#waitFor(problem('prompt-waiting', { id, what }));
    const answers = await desk.ask(question, { place, signal: AbortSignal.any([signal, this.#over.signal]), onOpen });
    this.#prompt = null;
    this.#tell();
    return answers;
  }

  show({ host, user, key }: Notice): () => void {
    this.#wasNeeded = true;
    const notice = problem('touch-needed', { host, user, key });
    this.#notices = [...this.#notices, notice];
    this.#tell();
    return () => {
      this.#notices = this.#notices.filter((one) => one !== notice);
      this.#tell();
    };
  }

  /** What a failed dial is to be told as: a login that ended for want of an answer waits for that. */
  reasonOf(error: unknown): unknown {
    const because = this.#prompt ?? this.#unheard;
    return because === null ? error : new ProblemError(because, { cause: error });
  }

  /** The dial has come to its end, and whatever it still asks is of no use. Nobody is told: the end says more. */
  end(): void {
    this.#over.abort(OVER);
    this.#notices = [];
  }

  #waitFor(prompt: Problem): void {
    this.#prompt = prompt;
    this.#tell();
    this.#asked.reject(new ProblemError(prompt));
  }

  #tell(): void {
    if (this.#over.signal.aborted) return;
    for (const hear of this.#given.audience) hear(this.needed);
  }
}
