import type { LoginMethod } from './credentials.ts';
import type { LoginTry, LoginWay } from './login-way.ts';

/** Public keys: each once, in order; one that was accepted is never shown again. */
export class KeysWay implements LoginWay {
  readonly name = 'publickey';
  readonly #keys: readonly LoginMethod[];
  readonly #spent = new Set<LoginMethod>();
  #at = 0;

  constructor(keys: readonly LoginMethod[]) {
    this.#keys = keys;
  }

  async next(): Promise<LoginTry | null> {
    while (this.#at < this.#keys.length) {
      const key = this.#keys[this.#at++];
      if (key !== undefined && !this.#spent.has(key)) return key;
    }
    return null;
  }

  ended(how: 'accepted' | 'refused'): void {
    const last = this.#keys[this.#at - 1];
    if (how === 'accepted' && last !== undefined) this.#spent.add(last);
  }

  begin(): void {
    this.#at = 0;
  }
}
