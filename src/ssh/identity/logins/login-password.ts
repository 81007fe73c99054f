import type { ResolvedHop } from '../../types.ts';
import type { Asked } from './asking.ts';
import { declined } from './login-problem.ts';
import type { LoginTry, LoginWay } from './login-way.ts';

/** Passwords, asked for as often as NumberOfPasswordPrompts says. */
export class PasswordWay implements LoginWay {
  readonly name = 'password';
  readonly #hop: ResolvedHop;
  readonly #asked: Asked;
  #tries = 0;
  #last = '';

  constructor(hop: ResolvedHop, asked: Asked) {
    this.#hop = hop;
    this.#asked = asked;
  }

  async next(): Promise<LoginTry | null> {
    if (this.#tries >= this.#hop.login.passwordPrompts) return null;
    const { host, port, user } = this.#hop;
    const { person, signal } = this.#asked;
    const answer = await person.ask({ is: 'password', host, port, user, again: this.#tries > 0 }, signal);
    if (answer?.[0] === undefined) throw declined(this.#hop);
    this.#tries += 1;
    this.#last = answer[0];
    return { label: 'password', method: { type: 'password', username: user, password: this.#last } };
  }

  ended(): void {
    this.#last = '';
  }

  begin(): void {}

  /** The server wants another password in place of the one that it has just been given: the old one, and a new one given twice alike. */
  async renewed(prompt: string): Promise<readonly [old: string, fresh: string]> {
    const { host, port, user } = this.#hop;
    const fields = ['New password: ', 'Retype new password: '].map((text) => ({ text, echo: false }));
    for (let tries = 0; tries < this.#hop.login.passwordPrompts; tries += 1) {
      const question = { is: 'questions', name: '', instruction: prompt, questions: fields, host, port, user } as const;
      const [fresh, again] = (await this.#asked.person.ask(question, this.#asked.signal)) ?? [];
      if (fresh === undefined) break;
      if (fresh !== '' && fresh === again) return [this.#last, fresh];
    }
    throw declined(this.#hop);
  }
}
