import { DEFAULT_OPTIONS } from '../../../src/ssh/hop-options.ts';
import type { ResolvedHop } from '../../../src/ssh/types.ts';

/** A resolved hop with nothing to log in with and nothing known, but for what the test says. */
export const aHop = (over: Partial<ResolvedHop> = {}): ResolvedHop => ({
  name: 'h',
  host: '127.0.0.1',
  port: 22,
  user: 'ann',
  identities: [],
  identitiesOnly: false,
  agent: null,
  knownHosts: { alias: null, userFiles: [], systemFiles: [], pins: [] },
  connectTimeoutMs: 5_000,
  addressFamily: 'any',
  ...DEFAULT_OPTIONS,
  ...over,
});

export const required = (...paths: string[]): ResolvedHop['identities'] => paths.map((path) => ({ path, required: true }));
export const byDefault = (...paths: string[]): ResolvedHop['identities'] => paths.map((path) => ({ path, required: false }));
