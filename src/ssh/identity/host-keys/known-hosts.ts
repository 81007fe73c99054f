import { createHmac } from 'node:crypto';
import { matchesPatterns } from '../../../model/host-patterns.ts';
import { typeOfKey } from './host-key.ts';

/** A line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export type KnownHost = {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The names as they stand there: patterns with commas between, or one hash. */
  readonly hosts: string;
  readonly type: string;
  readonly blob: Buffer;
  /** Counted from 1. */
  readonly line: number;
};

/** Every line that can be understood; the others are passed over, as OpenSSH does. */
export function parseKnownHosts(text: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, at) => parseLine(line, at + 1) ?? []);
}

const MARKERS = { '@revoked': 'revoked', '@cert-authority': 'cert-authority' } as const;

function parseLine(text: string, line: number): KnownHost | null {
  // Blanks and tabs only: what looks like a space elsewhere is part of a word to OpenSSH. CRLF is passed over with the base64.
  const words = text.split(/[ \t\r]+/).filter((word) => word !== '');
  if (words[0] === undefined || words[0].startsWith('#')) return null;
  const marked = words[0].startsWith('@');
  const marker = marked ? MARKERS[words[0] as keyof typeof MARKERS] : 'none';
  const [hosts, type, base64] = marked ? words.slice(1) : words;
  if (marker === undefined || hosts === undefined || type === undefined || base64 === undefined) return null;
  if (!/^[A-Za-z0-9+/]+=*$/.test(base64)) return null;
  const blob = Buffer.from(base64, 'base64');
  return typeOfKey(blob) === type ? { marker, hosts, type, blob, line } : null;
}

/** Does the line speak of this name? A name is `host`, or `[host]:port` for another port than 22. */
export function speaksOf({ hosts }: KnownHost, name: string): boolean {
  const lower = name.toLowerCase();
  return hosts.startsWith('|') ? isHashOf(hosts, lower) : matchesPatterns(lower, hosts.split(','));
}

/** OpenSSH takes no other length (hostfile.c, extract_salt). */
export const SALT_BYTES = 20;

/** `|1|salt|HMAC-SHA1(salt, name)`, both base64 (ssh-keygen(1) -H). */
export const hashOfName = (name: string, salt: Buffer): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

function isHashOf(text: string, name: string): boolean {
  const salt = Buffer.from(text.split('|')[2] ?? '', 'base64');
  return salt.length === SALT_BYTES && text === hashOfName(name, salt);
}

/** `host`, or `[host]:port` where the port is not 22. */
export const knownHostsName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`).toLowerCase();
