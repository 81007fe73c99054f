import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { requireShape, requireVersion } from './guard.ts';

/** ssh2's lists of what a caller may ask for. It takes no name that is not in them. */
export type Tables = {
  readonly SUPPORTED_KEX: string[];
  readonly SUPPORTED_SERVER_HOST_KEY: string[];
  readonly SUPPORTED_CIPHER: string[];
  /** In the order that suits this machine's processor. */
  readonly DEFAULT_CIPHER: readonly string[];
  readonly SUPPORTED_MAC: string[];
};

/** The tables of the ssh2 that is installed; throws UnknownSsh2 where it is not the one we know. */
export function ssh2Tables(): Tables {
  return requireShape<Tables>('constants', ssh2File('./protocol/constants.js'), {
    SUPPORTED_KEX: 'array',
    SUPPORTED_SERVER_HOST_KEY: 'array',
    SUPPORTED_CIPHER: 'array',
    DEFAULT_CIPHER: 'array',
    SUPPORTED_MAC: 'array',
  });
}

/** What a file of the ssh2 that is installed exports, by its path from ssh2's `lib`; throws UnknownSsh2 as `ssh2Tables` does. */
export function ssh2File(path: string): unknown {
  const load = createRequire(ssh2Path());
  requireVersion((load('../package.json') as { version?: unknown }).version);
  return load(path);
}

/** From where `import` finds it: behind a symbolic link (npm link, pnpm) `require` may load it a second time, by the other path. */
export const ssh2Path = (): string => realpathSync(createRequire(import.meta.url).resolve('ssh2'));

/** Adds names that ssh2 does not know. Adding them again changes nothing. */
export function register(table: string[], names: Iterable<string>): void {
  for (const name of names) if (!table.includes(name)) table.push(name);
}
