import { problemOf } from '../../model/problem.ts';
import { rememberOf } from '../../model/prompt-words.ts';
import type { Question, Remember } from '../../model/prompt.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Keychain } from '../../platform/keychain.ts';
import type { Log } from '../log.ts';
import { keychainName, keyOf } from './key-of.ts';

export type Answers = readonly string[];
export type MemoryNeeds = { readonly clock: Clock; readonly keychain: Keychain; readonly log: Log };
/** A question, and the way to whom asks it. */
export type Asked = { readonly question: Question; readonly place: string };

/** How long an answer that came after its login had ended waits for the next login. */
const FRESH_MS = 60_000;

type Fresh = { readonly answers: Answers; uses: number; readonly cancel: () => void };

/** Answers that were given before: for the next login only, for this supervisor's life, or in the keychain. Nothing of it is written by us. */
export class Memory {
  readonly #needs: MemoryNeeds;
  readonly #fresh = new Map<string, Fresh>();
  readonly #kept = new Map<string, Answers>();
  /** What was last answered from what is remembered, and by no person. */
  readonly #recalled = new Set<string>();

  constructor(needs: MemoryNeeds) {
    this.#needs = needs;
  }

  /** What was answered before, or null. Never rejects: a keychain in trouble is told in the log, and a person is asked. */
  async recall(asked: Asked): Promise<Answers | null> {
    const key = keyOf(asked.question, asked.place);
    this.#recalled.delete(key);
    const fresh = this.#takeFresh(key);
    if (fresh !== null) return fresh;
    const remembered = this.#kept.get(key) ?? (await this.#fromKeychain(asked));
    if (remembered !== null) this.#recalled.add(key);
    return remembered;
  }

  /** It was wrong. `remembered`: no person had answered just then. */
  async forget(asked: Asked): Promise<{ readonly remembered: boolean }> {
    const key = keyOf(asked.question, asked.place);
    this.#dropFresh(key);
    this.#kept.delete(key);
    const remembered = this.#recalled.delete(key);
    if (mayBeKept(asked.question)) await this.#needs.keychain.remove(keychainName(asked.question, asked.place)).catch(this.#tell);
    return { remembered };
  }

  /** For the next `uses` logins that ask for it soon. */
  hold({ question, place }: Asked, answers: Answers, uses: number): void {
    const key = keyOf(question, place);
    this.#dropFresh(key);
    this.#fresh.set(key, { answers, uses, cancel: this.#needs.clock.after(FRESH_MS, () => this.#dropFresh(key)) });
  }

  /** Rejects with `keychain-unusable`. */
  async keep({ question, place }: Asked, answers: Answers, how: Remember): Promise<void> {
    if (how === 'supervisor') this.#kept.set(keyOf(question, place), answers);
    else await this.#needs.keychain.set(keychainName(question, place), answers[0] ?? '');
  }

  #takeFresh(key: string): Answers | null {
    const fresh = this.#fresh.get(key);
    if (fresh === undefined) return null;
    fresh.uses -= 1;
    if (fresh.uses <= 0) this.#dropFresh(key);
    return fresh.answers;
  }

  #dropFresh(key: string): void {
    this.#fresh.get(key)?.cancel();
    this.#fresh.delete(key);
  }

  async #fromKeychain({ question, place }: Asked): Promise<Answers | null> {
    if (!mayBeKept(question)) return null;
    const secret = await this.#needs.keychain.get(keychainName(question, place)).catch(this.#tell);
    return secret === null || secret === undefined ? null : [secret];
  }

  /** Many machines have no keychain, and nothing is lost by that. */
  readonly #tell = (error: unknown): null => {
    const { code } = problemOf(error);
    this.#needs.log.debug(code, { text: "The system's keychain could not be asked." });
    return null;
  };
}

const mayBeKept = (question: Question): boolean => rememberOf(question).includes('keychain');
