import { ProblemError, problem } from '../../../src/model/problem.ts';
import type { Keychain } from '../../../src/platform/keychain.ts';

/** A keychain in memory; `broken` is what each use fails with. */
export function fakeKeychain(): Keychain & { broken: string | null; readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const chain = {
    kept,
    broken: null as string | null,
    get: async (name: string) => using(() => kept.get(name) ?? null),
    set: async (name: string, secret: string) => using(() => void kept.set(name, secret)),
    remove: async (name: string) => using(() => void kept.delete(name)),
  };
  const using = <T>(work: () => T): T => {
    if (chain.broken !== null) throw new ProblemError(problem('keychain-unusable', { why: chain.broken }));
    return work();
  };
  return chain;
}
