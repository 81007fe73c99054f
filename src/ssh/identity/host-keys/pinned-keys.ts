import type { KnownHostsFile } from '../../../model/profile.ts';
import type { ResolvedHop } from '../../types.ts';
import { parseKnownHosts, speaksOf, type KnownHost } from './known-hosts.ts';
import { type FoundKey, keysFor, namesOfHop, type KnownKeys } from './known-keys.ts';

/** A line of the known_hosts beside a profile that speaks of a hop. The key is base64, so that hops can be compared as text. */
export type PinnedLine = Omit<KnownHost, 'blob'> & { readonly key: string; readonly file: string };

export const pinnedLines = (hop: Pick<ResolvedHop, 'host' | 'port' | 'knownHosts'>, { file, text }: KnownHostsFile): PinnedLine[] =>
  parseKnownHosts(text)
    .filter((line) => namesOfHop(hop).some((name) => speaksOf(line, name)))
    .map(({ blob, ...line }) => ({ ...line, key: blob.toString('base64'), file }));

/** What these lines say of the hop. */
export const keysOfProfile = (hop: ResolvedHop): KnownKeys => ({
  ...keysFor(
    hop,
    (hop.knownHosts.lines ?? []).map(({ key, ...line }) => ({ ...line, blob: Buffer.from(key, 'base64'), from: 'profile' })),
  ),
  unreadable: [],
});

/** What a profile allows of a hop, and nothing else is: fingerprints, or the keys and authorities of its own known_hosts. */
export type Pins =
  | { readonly are: 'fingerprints'; readonly all: readonly string[] }
  | { readonly are: 'keys'; readonly plain: readonly FoundKey[]; readonly authorities: readonly FoundKey[] };

/** Null: it leaves that to known_hosts. A hop's own hostKey counts more than the file for all. */
export function pinsOf(hop: ResolvedHop): Pins | null {
  const { pins } = hop.knownHosts;
  if (pins.length > 0) return { are: 'fingerprints', all: pins };
  const { known, withoutPort, authorities } = keysOfProfile(hop);
  const plain = known.length > 0 ? known : withoutPort;
  return plain.length + authorities.length === 0 ? null : { are: 'keys', plain, authorities };
}

/** Each of them for people, and where it stands. */
export function pinTexts(hop: ResolvedHop): string[] {
  const pins = pinsOf(hop);
  if (pins === null) return [];
  if (pins.are === 'fingerprints') return pins.all.map((pin) => `${pin} (hostKey of the profile)`);
  const keys = pins.plain.map((key) => `${key.type} ${key.fingerprint} (${placeOf(key)})`);
  return [...keys, ...pins.authorities.map((key) => `certificates of ${key.type} ${key.fingerprint} (${placeOf(key)})`)];
}

const placeOf = ({ file, line }: FoundKey): string => `${file}:${line}`;
