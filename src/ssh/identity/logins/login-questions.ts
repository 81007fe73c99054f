import type { KeyboardInteractiveAuthMethod } from 'ssh2';
import type { ResolvedHop } from '../../types.ts';
import type { Asked } from './asking.ts';
import { declined } from './login-problem.ts';
import type { LoginTry, LoginWay } from './login-way.ts';

type Given = Asked & { readonly onFailure: (error: unknown) => void };

/** Keyboard-interactive (RFC 4256): what the server asks, in as many rounds as it likes. Rounds without a question ssh2 answers by itself. */
export class QuestionsWay implements LoginWay {
  readonly name = 'keyboard-interactive';
  readonly #hop: ResolvedHop;
  readonly #given: Given;
  #tries = 0;
  #questioned = true;
  /** What was answered to the try before was refused, and the person has not been told yet. */
  #refused = false;

  constructor(hop: ResolvedHop, given: Given) {
    this.#hop = hop;
    this.#given = given;
  }

  /** As ssh(1) (sshconnect2.c, userauth_kbdint): as often as passwords, and no more where the server refuses without a question. */
  async next(): Promise<LoginTry | null> {
    if (this.#tries >= this.#hop.login.passwordPrompts || !this.#questioned) return null;
    this.#tries += 1;
    this.#questioned = false;
    const method: KeyboardInteractiveAuthMethod = {
      type: 'keyboard-interactive',
      username: this.#hop.user,
      prompt: (...round) => void this.#answer(round).catch(this.#given.onFailure),
    };
    return { label: 'questions of the server', method };
  }

  ended(how: 'accepted' | 'refused'): void {
    this.#refused = how === 'refused' && this.#questioned;
    if (how === 'accepted') this.begin();
  }

  begin(): void {
    this.#questioned = true;
  }

  async #answer([name, instruction, , prompts, finish]: Round): Promise<void> {
    this.#questioned = true;
    const { host, port, user } = this.#hop;
    const questions = prompts.map(({ prompt, echo }) => ({ text: prompt, echo: echo === true }));
    const { person, signal } = this.#given;
    const again = this.#refused && questions.length > 0;
    if (again) this.#refused = false;
    const question = { is: 'questions', name, instruction, questions, host, port, user, ...(again && { again }) } as const;
    const answers = await person.ask(question, signal);
    signal.throwIfAborted();
    if (answers?.length !== questions.length) throw declined(this.#hop);
    finish([...answers]);
  }
}

type Round = Parameters<KeyboardInteractiveAuthMethod['prompt']>;
