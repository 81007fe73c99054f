import { namesHost } from '../../../platform/known-host-names.ts';
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
export const speaksOf = ({ hosts }: KnownHost, name: string): boolean => namesHost(hosts, name);
