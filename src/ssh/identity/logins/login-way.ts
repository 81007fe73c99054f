import type { AnyAuthMethod } from 'ssh2';
import type { SignTrouble } from '../keys/login-key.ts';

/** One of a login's methods (RFC 4252), for one connection. */
export interface LoginWay {
  readonly name: 'publickey' | 'keyboard-interactive' | 'password';
  /** The next try; null: nothing is left to try. Rejects with ProblemError when a person will not answer, or the signal's reason. */
  next(): Promise<LoginTry | null>;
  /** The server's word on the last try. `accepted`: a step is done, and more is asked for. */
  ended(how: 'accepted' | 'refused'): void;
  /** Another way's try was accepted: the server may now take what it has refused before, as ssh(1) assumes. */
  begin(): void;
}

export type LoginTry = {
  /** What the user is told was tried; never a secret. */
  readonly label: string;
  readonly method: AnyAuthMethod;
  /** Why it ended without the server's word, where it did. */
  readonly trouble?: () => SignTrouble | null;
  /** Path of a file that needs a passphrase. */
  readonly locked?: string;
};
