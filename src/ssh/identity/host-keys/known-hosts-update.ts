import { parseKnownHosts, speaksOf, type KnownHost } from './known-hosts.ts';

export type UserFile = { readonly file: string; readonly text: string };

export type UpdateRequest = {
  /** The user's files, in order; missing ones left out. */
  readonly files: readonly UserFile[];
  /** What known_hosts calls the server. */
  readonly name: string;
  /** Plain keys that it has, wire form, without duplicates. */
  readonly offered: readonly Buffer[];
};

export type UpdatePlan = {
  /** Keys that are on no line for the server, and have to be proven. */
  readonly fresh: readonly Buffer[];
  /** Whether there are keys on file that it has no more. */
  readonly stale: boolean;
};

/**
 * What is to be changed in the user's files when a server tells its keys; null: nothing, or they hold what only a person
 * should change (clientloop.c, client_input_hostkeys): markers, patterns or several names for this server, or one of its
 * keys under another name.
 */
export function planUpdate({ files, name, offered }: UpdateRequest): UpdatePlan | null {
  const lines = files.flatMap(({ text }) => parseKnownHosts(text).filter(isHandled));
  const own = lines.filter((line) => speaksOf(line, name));
  const others = lines.filter((line) => !own.includes(line));
  const stale = own.filter((line) => !isOneOf(line, offered));
  const fresh = offered.filter((key) => !own.some(({ blob }) => blob.equals(key)));
  const isElsewhere = others.some((line) => isOneOf(line, offered) || stale.some(({ blob }) => blob.equals(line.blob)));
  if (isElsewhere || own.some(isComplex) || (fresh.length === 0 && stale.length === 0)) return null;
  return { fresh, stale: stale.length > 0 };
}

export type Rewrite = {
  readonly name: string;
  /** All that the file is to hold for the server: lines of other keys go, and those of missing ones come. */
  readonly keys: readonly Buffer[];
  /** The line for a key, without its newline. */
  readonly print: (key: Buffer) => string;
};

/** The file's text with these keys; what is of other servers, and comments, stay byte for byte (hostfile.c, host_delete). */
export function rewriteKnownHosts(text: string, { name, keys, print }: Rewrite): string {
  const own = parseKnownHosts(text).filter((line) => line.marker === 'none' && isHandled(line) && speaksOf(line, name));
  const gone = new Set(own.filter((line) => !isOneOf(line, keys)).map(({ line }) => line));
  const missing = keys.filter((key) => !own.some(({ blob }) => blob.equals(key)));
  if (gone.size === 0 && missing.length === 0) return text;
  const kept = text.split('\n').filter((_, at) => !gone.has(at + 1));
  if (kept.at(-1) === '') kept.pop();
  return [...kept, ...missing.map(print), ''].join('\n');
}

/** Types that ssh2 cannot read are missing in what a server offers, so nothing follows for lines with them. */
const isHandled = ({ type }: KnownHost): boolean => /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521))$/.test(type);

const isOneOf = ({ blob }: KnownHost, keys: readonly Buffer[]): boolean => keys.some((key) => key.equals(blob));

/** Wildcards, or more names than `host,address`; ssh never writes those (clientloop.c, hostspec_is_complex). */
const isComplex = ({ marker, hosts }: KnownHost): boolean => marker !== 'none' || /[*?]/.test(hosts) || hosts.split(',').length > 2;
