import ssh2, { type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2';
import type { Asked } from './asking.ts';
import { decryptKey } from './locked-key-text.ts';

/** A private key's file that a passphrase protects. */
export type LockedFile = {
  readonly path: string;
  /** The wire form; null where neither the file nor its `.pub` tells it. */
  readonly publicKey: ParsedKey | null;
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
 * A locked key as ssh2 takes it: an agent of one key, because an agent alone may take its time. It is offered by its
 * public half first, and unlocked only when the server would take it; where that half is not known, before it is offered.
 */
export class LockedKey extends ssh2.BaseAgent {
  readonly #file: LockedFile;
  readonly #given: UnlockGiven;
  #unlocked: Promise<ParsedKey | null> | null = null;

  constructor(file: LockedFile, given: UnlockGiven) {
    super();
    this.#file = file;
    this.#given = given;
  }

  override getIdentities(cb: IdentityCallback): void {
    if (this.#file.publicKey !== null) return cb(null, [this.#file.publicKey]);
    this.#unlock().then(
      (key) => cb(null, key === null ? [] : [key]),
      (error: Error) => cb(error),
    );
  }

  /** (key, data, options?, callback), as in BaseAgent. */
  override sign(...args: readonly unknown[]): void {
    const all = typeof args[2] === 'function' ? [args[0], args[1], {}, args[2]] : args;
    const [, data, { hash }, answer] = all as unknown as SignArguments;
    this.#unlock().then(
      (key) => {
        const signature = key === null ? new Error('not unlocked') : key.sign(data, hash);
        if (signature instanceof Error) answer(signature);
        else answer(null, signature);
      },
      (error: Error) => answer(error),
    );
  }

  #unlock(): Promise<ParsedKey | null> {
    this.#unlocked ??= unlockKey(this.#file, this.#given);
    return this.#unlocked;
  }
}

type SignArguments = readonly [key: unknown, data: Buffer, options: SigningRequestOptions, cb: SignCallback];
