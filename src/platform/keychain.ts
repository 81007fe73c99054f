import { ProblemError, problem } from '../model/problem.ts';
import type { Clock } from './clock.ts';

/** The system's keychain: macOS Keychain, Windows Credential Manager, or a Secret Service on Linux. Rejects with `keychain-unusable`. */
export interface Keychain {
  /** Null: nothing is kept under this name. */
  get(name: string): Promise<string | null>;
  set(name: string, secret: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** As @napi-rs/keyring has it. */
type Entry = {
  getPassword(signal: AbortSignal): Promise<string | null | undefined>;
  setPassword(secret: string, signal: AbortSignal): Promise<void>;
  deletePassword(signal: AbortSignal): Promise<unknown>;
};
export type Keyring = { readonly AsyncEntry: new (service: string, name: string, options: object) => Entry };

const SERVICE = 'tunnels';
/** The kernel's keyring, which it would take otherwise, is gone with the next boot. */
const OPTIONS = { linux: { store: 'secret-service' } };
/** A locked keychain asks its user; a login does not wait for that. */
const PATIENCE_MS = 5_000;

export type KeychainNeeds = { readonly clock: Clock; readonly load?: () => Promise<Keyring> };

/** The package is optional and has native parts: it is loaded when first needed, and may be missing or broken. */
export function systemKeychain({ clock, load = loadKeyring }: KeychainNeeds): Keychain {
  const using = async <T>(name: string, work: (entry: Entry, signal: AbortSignal) => Promise<T>): Promise<T> => {
    const late = new AbortController();
    const cancel = clock.after(PATIENCE_MS, () => late.abort());
    try {
      const { AsyncEntry } = await load();
      return await Promise.race([work(new AsyncEntry(SERVICE, name, OPTIONS), late.signal), tooLate(late.signal)]);
    } catch (error) {
      throw unusable(error);
    } finally {
      cancel();
    }
  };
  return {
    get: async (name) => (await using(name, (entry, signal) => entry.getPassword(signal))) ?? null,
    set: (name, secret) => using(name, (entry, signal) => entry.setPassword(secret, signal)),
    remove: async (name) => void (await using(name, (entry, signal) => entry.deletePassword(signal))),
  };
}

const loadKeyring = async (): Promise<Keyring> => (await import('@napi-rs/keyring')) as unknown as Keyring;

const tooLate = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('it did not answer in time')), { once: true });
  });

function unusable(error: unknown): ProblemError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ERR_MODULE_NOT_FOUND' ? 'the package @napi-rs/keyring is not installed' : (message.split('\n')[0] ?? '');
  return new ProblemError(problem('keychain-unusable', { why }), { cause: error });
}
