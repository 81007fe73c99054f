import { readFile } from 'node:fs/promises';
import type { KnownKey } from '../../decide/judge-host-key.ts';
import type { ResolvedHop } from '../types.ts';
import { describeKey } from './host-key.ts';
import { knownHostsName, parseKnownHosts, speaksOf, type KnownHost } from './known-hosts.ts';

/** What the known_hosts files say of one server. */
export type KnownKeys = {
  readonly known: readonly KnownKey[];
  /**
   * Keys known for the bare name where the server has another port. One of them is good enough, as in OpenSSH
   * (sshconnect.c, "checking without port identifier"), but that it differs is no news.
   */
  readonly withoutPort: readonly KnownKey[];
  readonly revoked: readonly KnownKey[];
  /** Files that are there and cannot be read, with the system's code. */
  readonly unreadable: readonly { readonly file: string; readonly code: string }[];
};

/** Reads the user's files, then the system's; a missing file is an empty one. Never rejects. */
export async function loadKnownKeys({ host, port, knownHosts }: ResolvedHop): Promise<KnownKeys> {
  const files = [...knownHosts.userFiles, ...knownHosts.systemFiles];
  const read = await Promise.all(files.map(readLines));
  const lines = read.flatMap((result) => ('lines' in result ? result.lines : []));
  // HostKeyAlias stands for the whole name, port and all (ssh_config(5)).
  const name = knownHosts.alias ?? knownHostsName(host, port);
  const bare = knownHosts.alias ?? knownHostsName(host, 22);
  const of = (marker: KnownHost['marker'], wanted: string): KnownKey[] =>
    lines.filter((line) => line.marker === marker && speaksOf(line, wanted)).map(toKnownKey);
  return {
    known: of('none', name),
    withoutPort: name === bare ? [] : of('none', bare),
    revoked: name === bare ? of('revoked', name) : [...of('revoked', name), ...of('revoked', bare)],
    unreadable: read.flatMap((result) => ('code' in result ? result : [])),
  };
}

type FileLine = KnownHost & { readonly file: string };

const toKnownKey = ({ blob, file, line }: FileLine): KnownKey => ({ ...describeKey(blob), file, line });

async function readLines(
  file: string,
): Promise<{ readonly lines: readonly FileLine[] } | { readonly file: string; readonly code: string }> {
  try {
    const text = await readFile(file, 'latin1');
    return { lines: parseKnownHosts(text).map((line) => ({ ...line, file })) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return code === 'ENOENT' || code === 'ENOTDIR' ? { lines: [] } : { file, code };
  }
}
