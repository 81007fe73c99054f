import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import { BaseAgent } from '../../extensions/ssh2.ts';
import type { Asked } from '../logins/asking.ts';
import { decryptKey } from './locked-key-text.ts';

/** A private key's file that a passphrase protects. */
export type LockedFile = {
  readonly path: string;
  /** Null where neither the file nor its `.pub` tells the public half. */
  readonly fingerprint: string | null;
};

export type UnlockGiven = Asked & {
  /** How often the passphrase is asked for; ssh(1) takes NumberOfPasswordPrompts. */
  readonly tries: number;
};

/**
 * The key, or null when nobody knows its passphrase. Nothing is kept: whether an answer is remembered is for whoever is asked.
 * An empty passphrase means to go on with the next key, as in ssh(1). Rejects with the signal's reason.
 */
export async function unlockKey({ path, fingerprint }: LockedFile, { person, signal, tries }: UnlockGiven): Promise<ParsedKey | null> {
  for (let tried = 0; tried < tries; tried += 1) {
    const answer = await person.ask({ is: 'passphrase', path, fingerprint, again: tried > 0 }, signal);
    const passphrase = answer?.[0] ?? '';
    if (passphrase === '') return null;
    const key = await decryptKey(path, passphrase, signal);
    if (key !== null) return key;
  }
  return null;
}

export type Unlock = typeof unlockKey;

/** For one login: each file is asked about once, whatever came of it, also where it stands behind a key and its certificate. */
export function unlockEachOnce(): Unlock {
  const asked = new Map<string, ReturnType<Unlock>>();
  return (file, given) => {
    const key = asked.get(file.path) ?? unlockKey(file, given);
    asked.set(file.path, key);
    return key;
  };
}

/**
 * A locked key whose public half nobody knows, as ssh2 takes it: an agent of one key, because an agent alone may take its
 * time. It cannot be shown to the server before it is unlocked, so the person is asked first.
 */
export class LockedKey extends BaseAgent {
  readonly #path: string;
  readonly #given: LockedKeyGiven;
  #key: ParsedKey | null = null;
  #stayedLocked = false;

  constructor(path: string, given: LockedKeyGiven) {
    super();
    this.#path = path;
    this.#given = given;
  }

  /** Nobody has given its passphrase. */
  get stayedLocked(): boolean {
    return this.#stayedLocked;
  }

  override getIdentities(cb: IdentityCallback): void {
    void this.#unlock(cb);
  }

  async #unlock(cb: IdentityCallback): Promise<void> {
    try {
      this.#key = await this.#given.unlock({ path: this.#path, fingerprint: null }, this.#given);
      this.#stayedLocked = this.#key === null;
      cb(null, this.#key === null ? [] : [this.#key]);
    } catch (error) {
      cb(error instanceof Error ? error : new Error('not unlocked'));
    }
  }

  /** (key, data, options?, callback), as in BaseAgent. */
  override sign(...args: readonly unknown[]): void {
    const all = typeof args[2] === 'function' ? [args[0], args[1], {}, args[2]] : args;
    const [, data, { hash }, answer] = all as unknown as SignArguments;
    const signature = this.#key?.sign(data, hash) ?? new Error('not unlocked');
    if (signature instanceof Error) answer(signature);
    else answer(null, signature);
  }
}

type LockedKeyGiven = UnlockGiven & { readonly unlock: Unlock };
type SignArguments = readonly [key: unknown, data: Buffer, options: SigningRequestOptions, cb: SignCallback];
