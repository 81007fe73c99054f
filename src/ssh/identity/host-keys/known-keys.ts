import { readFile } from 'node:fs/promises';
import type { KnownKey } from '../../../decide/judge-host-key.ts';
import { knownHostsName } from '../../../platform/known-host-names.ts';
import type { ResolvedHop } from '../../types.ts';
import { describeKey } from './host-key.ts';
import { parseKnownHosts, speaksOf, type KnownHost } from './known-hosts.ts';
import { isKey } from '../keys/certificate.ts';

/** `command`: what KnownHostsCommand said. `profile`: the known_hosts beside the profile. */
export type Source = 'user' | 'system' | 'command' | 'profile';

export type FoundKey = KnownKey & { readonly from: Source };

/** What known_hosts files, or a command in their place, say of one server. */
export type KnownKeys = {
  readonly known: readonly FoundKey[];
  /**
   * Keys known for the bare name where the server has another port. One of them is good enough, as in OpenSSH
   * (sshconnect.c, "checking without port identifier"), but that it differs is no news.
   */
  readonly withoutPort: readonly FoundKey[];
  /** Of `@cert-authority` lines, for the name with and without its port. */
  readonly authorities: readonly FoundKey[];
  readonly revoked: readonly FoundKey[];
  /** Files that are there and cannot be read, with the system's code. */
  readonly unreadable: readonly { readonly file: string; readonly code: string }[];
};

/** The name that known_hosts has for a server. HostKeyAlias stands for the whole of it, port and all (ssh_config(5)). */
export const nameOfHop = ({ host, port, knownHosts: { alias } }: Named): string => alias ?? knownHostsName(host, port);

type Named = Pick<ResolvedHop, 'host' | 'port' | 'knownHosts'>;

/** The same, and the name without its port. */
export const namesOfHop = (hop: Named): string[] => [nameOfHop(hop), hop.knownHosts.alias ?? knownHostsName(hop.host, 22)];

/** Reads the user's files, then the system's; a missing file is an empty one. Never rejects. */
export async function loadKnownKeys(hop: ResolvedHop): Promise<KnownKeys> {
  const { userFiles, systemFiles } = hop.knownHosts;
  const files = [
    ...userFiles.map((file) => ({ file, from: 'user' as const })),
    ...systemFiles.map((file) => ({ file, from: 'system' as const })),
  ];
  const read = await Promise.all(files.map(readLines));
  const found = keysFor(
    hop,
    read.flatMap((result) => ('lines' in result ? result.lines : [])),
  );
  return { ...found, unreadable: read.flatMap((result) => ('code' in result ? result : [])) };
}

/** What a command printed; it is asked about the server with its port, and about nothing else. */
export const keysOfCommand = (hop: ResolvedHop, printed: string): KnownKeys => ({
  ...keysFor(hop, linesOf(printed, { file: 'KnownHostsCommand', from: 'command' })),
  withoutPort: [],
  unreadable: [],
});

export const joinKnown = (one: KnownKeys, other: KnownKeys): KnownKeys => ({
  known: [...one.known, ...other.known],
  withoutPort: [...one.withoutPort, ...other.withoutPort],
  authorities: [...one.authorities, ...other.authorities],
  revoked: [...one.revoked, ...other.revoked],
  unreadable: [...one.unreadable, ...other.unreadable],
});

type Place = { readonly file: string; readonly from: Source };
type Line = KnownHost & Place;

const linesOf = (text: string, place: Place): readonly Line[] => parseKnownHosts(text).map((line) => ({ ...line, ...place }));

/** What lines say of one server. */
export function keysFor(hop: ResolvedHop, lines: readonly Line[]): Omit<KnownKeys, 'unreadable'> {
  const [name = '', bare = ''] = namesOfHop(hop);
  // OpenSSH passes over lines whose key it cannot read, such as DSA's.
  const of = (marker: KnownHost['marker'], ...names: readonly string[]): FoundKey[] =>
    lines.filter((line) => line.marker === marker && names.some((one) => speaksOf(line, one)) && isKey(line.blob)).map(toFoundKey);
  return {
    known: of('none', name),
    withoutPort: name === bare ? [] : of('none', bare),
    authorities: of('cert-authority', name, bare),
    revoked: of('revoked', name, bare),
  };
}

const toFoundKey = ({ blob, file, line, from }: Line): FoundKey => ({ ...describeKey(blob), file, line, from });

async function readLines(place: Place): Promise<{ readonly lines: readonly Line[] } | { readonly file: string; readonly code: string }> {
  try {
    return { lines: linesOf(await readFile(place.file, 'latin1'), place) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return code === 'ENOENT' || code === 'ENOTDIR' ? { lines: [] } : { file: place.file, code };
  }
}
