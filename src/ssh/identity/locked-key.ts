import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import type { Asked } from './asking.ts';
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

/**
 * A locked key whose public half nobody knows, as ssh2 takes it: an agent of one key, because an agent alone may take its
 * time. It cannot be shown to the server before it is unlocked, so the person is asked first.
 */
export class LockedKey extends ssh2.BaseAgent {
  readonly #path: string;
  readonly #given: UnlockGiven;
  #key: ParsedKey | null = null;

  constructor(path: string, given: UnlockGiven) {
    super();
    this.#path = path;
    this.#given = given;
  }

  override getIdentities(cb: IdentityCallback): void {
    void this.#unlock(cb);
  }

  async #unlock(cb: IdentityCallback): Promise<void> {
    try {
      this.#key = await unlockKey({ path: this.#path, fingerprint: null }, this.#given);
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

type SignArguments = readonly [key: unknown, data: Buffer, options: SigningRequestOptions, cb: SignCallback];
