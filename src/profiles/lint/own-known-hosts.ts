import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesPatterns } from '../../model/host-patterns.ts';
import { knownHostsName, namesHost } from '../../platform/known-host-names.ts';

/** What a person's own files of ssh say of a server, by the name that a profile gives it. `renamed`: ssh_config has words of its own for it. */
export type OwnKnowledge = (host: string, port: number | null) => 'known' | 'unknown' | 'renamed';

/**
 * Reads the files that ssh reads where nobody says otherwise (ssh_config(5), UserKnownHostsFile and GlobalKnownHostsFile), when
 * they are first asked about. What is not there says nothing. Which name ssh really asks for, only ssh knows: the doctor does.
 */
export function ownKnowledge(home: string): OwnKnowledge {
  const read: { lines?: readonly string[]; hosts?: readonly (readonly string[])[] } = {};
  return (host, port) => {
    read.lines ??= KNOWN_HOSTS.flatMap((file) => namesIn(textOf(file.startsWith('/') ? file : join(home, file))));
    if (read.lines.some((names) => namesHost(names, knownHostsName(host, port ?? 22)))) return 'known';
    read.hosts ??= hostsIn(textOf(join(home, '.ssh/config')));
    return read.hosts.some((patterns) => matchesPatterns(host, patterns)) ? 'renamed' : 'unknown';
  };
}

const KNOWN_HOSTS = ['.ssh/known_hosts', '.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'] as const;

/** The names of every line with a key or an authority that is not revoked. */
const namesIn = (text: string): string[] =>
  text.split('\n').flatMap((line) => {
    const words = line.split(/[ \t\r]+/).filter((word) => word !== '');
    const [names, , key] = words[0] === '@cert-authority' ? words.slice(1) : words;
    return names === undefined || key === undefined || names.startsWith('#') || names.startsWith('@') ? [] : [names];
  });

/** The patterns of each Host line but those for everything. */
const hostsIn = (text: string): string[][] =>
  text.split('\n').flatMap((line) => {
    const [keyword = '', ...patterns] = line.trim().split(/[\s=]+/);
    return keyword.toLowerCase() !== 'host' || patterns.includes('*') ? [] : [patterns];
  });

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
