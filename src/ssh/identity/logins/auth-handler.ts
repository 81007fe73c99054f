import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware, Client, NextAuthHandler } from 'ssh2';
import { type Problem, ProblemError } from '../../../model/problem.ts';
import { hearLogin } from '../../extensions/login-answers.ts';
import { extendPublicKeyAuth } from '../../extensions/public-key-auth.ts';
import type { ResolvedHop } from '../../types.ts';
import { type Asked, askedAt } from './asking.ts';
import type { Credentials } from './credentials.ts';
import { KeysWay } from './login-keys.ts';
import { PasswordWay } from './login-password.ts';
import { refusedLogin, type Tried } from './login-problem.ts';
import { QuestionsWay } from './login-questions.ts';
import type { LoginWay } from './login-way.ts';

export type Login = {
  /** For ssh2's `authHandler`. */
  readonly handler: AuthHandlerMiddleware;
  /** To be called once the client has begun to connect. `onEnd`: a person who was asked ends the login. */
  readonly attach: (client: Client, onEnd: (because: Problem) => void) => void;
  /** `login-refused` with what has been tried until now, for when the server has said its last no. */
  readonly refused: () => Problem;
  /** What the server has refused yet, a person's answers before all: one that closes after that may have had enough of us. */
  readonly refusedYet: () => 'nothing' | 'keys' | 'answers';
};

/**
 * Goes through the methods that ssh_config allows, in its order, as ssh(1) does (sshconnect2.c, userauth): each as long as
 * the server takes it and there is something left to try. A person is asked only where one is there and may be asked.
 * Where a key comes first it is offered unasked, which saves a round trip; else `none` asks which methods there are
 * (RFC 4252 section 5.2). For one connection only.
 */
export function createAuthHandler(hop: ResolvedHop, credentials: Credentials, given: Partial<Asked> = {}): Login {
  const attempt = new Attempt(hop, credentials, askedAt(hop, given));
  return { handler: attempt.handler, attach: attempt.attach, refused: attempt.refused, refusedYet: attempt.refusedYet };
}

class Attempt implements Login {
  readonly #hop: ResolvedHop;
  readonly #credentials: Credentials;
  readonly #asked: Asked | null;
  readonly #ways: readonly LoginWay[];
  readonly #password: PasswordWay | null;
  readonly #tried: Tried[] = [];
  readonly #accepted: Tried[] = [];
  #left: readonly string[] | null = null;
  /** The last try, until the server's answer to it is heard. */
  #trying: { readonly way: LoginWay; readonly tried: Tried } | null = null;
  #refusedYet: ReturnType<Login['refusedYet']> = 'nothing';
  #attached = false;
  #end: (because: Problem) => void = () => {};

  constructor(hop: ResolvedHop, credentials: Credentials, asked: Asked | null) {
    this.#hop = hop;
    this.#credentials = credentials;
    this.#asked = asked;
    this.#password = asked === null ? null : new PasswordWay(hop, asked);
    const ways = [
      new KeysWay(credentials.methods),
      ...(asked === null ? [] : [new QuestionsWay(hop, { ...asked, onFailure: (error) => this.#failed(error) })]),
      ...(this.#password === null ? [] : [this.#password]),
    ];
    this.#ways = hop.login.methods.flatMap((name) => ways.find((way) => way.name === name) ?? []);
  }

  readonly attach = (client: Client, onEnd: (because: Problem) => void): void => {
    this.#attached = true;
    extendPublicKeyAuth(client);
    this.#end = onEnd;
    hearLogin(client, this.#hop.user, {
      onRefused: (left, partial) => this.#heard(left, partial),
      onPasswordExpired: (prompt, change) => {
        void this.#password
          ?.renewed(prompt)
          .then(([old, fresh]) => change(old, fresh))
          .catch(this.#failed);
      },
    });
  };

  readonly refused = (): Problem =>
    refusedLogin(this.#hop, {
      tried: this.#tried,
      credentials: this.#credentials,
      left: this.#left,
      accepted: this.#accepted,
      canAsk: this.#asked !== null,
      pending: this.#trying !== null,
    });

  readonly refusedYet: Login['refusedYet'] = () => this.#refusedYet;

  readonly handler = (left: readonly AuthenticationType[] | null, partial: boolean | null, next: NextAuthHandler): void => {
    if (!this.#attached && left !== null) this.#heard(left, partial === true);
    // The last try may have ended without a word of the server, as where an agent did not sign.
    this.#trying = null;
    void this.#goOn(next).catch(this.#failed);
  };

  #heard(left: readonly string[], partial: boolean): void {
    this.#left = left;
    const trying = this.#trying;
    this.#trying = null;
    trying?.way.ended(partial ? 'accepted' : 'refused');
    if (trying === null) return;
    if (!partial) {
      this.#refusedYet = trying.way.name === 'publickey' && this.#refusedYet !== 'answers' ? 'keys' : 'answers';
      return;
    }
    this.#accepted.push(trying.tried);
    for (const way of this.#ways) way.begin();
  }

  async #goOn(next: NextAuthHandler): Promise<void> {
    const method = await this.#choose();
    if (this.#asked?.signal.aborted !== true) next(method ?? GIVE_UP);
  }

  async #choose(): Promise<AnyAuthMethod | null> {
    for (const way of this.#open()) {
      const chosen = await way.next();
      if (chosen === null) continue;
      const tried = { ...chosen, way: way.name };
      this.#tried.push(tried);
      this.#trying = { way, tried };
      return chosen.method;
    }
    return this.#left === null ? { type: 'none', username: this.#hop.user } : null;
  }

  /** The ways that the server takes; before it has said so, keys alone may be tried, and only where they come first. */
  #open(): readonly LoginWay[] {
    const left = this.#left;
    if (left !== null) return this.#ways.filter(({ name }) => left.includes(name));
    return this.#ways.slice(0, 1).filter(({ name }) => name === 'publickey');
  }

  readonly #failed = (error: unknown): void => {
    if (this.#asked?.signal.aborted === true) return;
    this.#end(error instanceof ProblemError ? error.problem : this.refused());
  };
}

/** ssh2 takes false for "no more", which its types do not know; it then emits an error of level `client-authentication`. */
const GIVE_UP = false as unknown as AuthenticationType;
