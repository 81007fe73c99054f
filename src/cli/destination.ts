import { parseTarget, isSocket, printHostPort } from '../model/address.ts';
import { fail, ok, type Result } from '../model/result.ts';

/** One server as ssh(1) lets it be written. */
export type Destination = { readonly user: string | null; readonly host: string; readonly port: number | null };
type Parsed = Result<Destination, 'destination-invalid'>;

/** The last word of ssh(1): `[user@]host` or `ssh://[user@]host[:port]`. A colon in the first form belongs to an IPv6 address. */
export function parseDestination(text: string): Parsed {
  if (text.startsWith('ssh://')) return parseHop(text.slice('ssh://'.length).replace(/\/$/, ''));
  const { user, rest } = splitUser(text);
  const bare = rest.startsWith('[') && rest.endsWith(']') ? rest.slice(1, -1) : rest;
  return named({ user, host: bare, port: null });
}

/** One of the words of -J: `[user@]host[:port]` or `ssh://[user@]host[:port]`. */
export function parseHop(text: string): Parsed {
  if (text.startsWith('ssh://')) return parseHop(text.slice('ssh://'.length).replace(/\/$/, ''));
  const { user, rest } = splitUser(text);
  if (/^[^:[\]]*$/.test(rest)) return named({ user, host: rest, port: null });
  if (/^\[[^\]]*\]$/.test(rest)) return named({ user, host: rest.slice(1, -1), port: null });
  const address = parseTarget(rest);
  return address.ok && !isSocket(address.value) ? named({ user, ...address.value }) : fail('destination-invalid');
}

/** -J: hops in dialling order; `none` is the same as no -J, as in ssh_config(5). */
export function parseJumps(text: string): Result<readonly Destination[], { readonly text: string }> {
  if (text === 'none') return ok([]);
  const hops: Destination[] = [];
  for (const word of text.split(',')) {
    const hop = parseHop(word.trim());
    if (!hop.ok) return fail({ text: word });
    hops.push(hop.value);
  }
  return ok(hops);
}

/** `[user@]host[:port]` as profiles write it. */
export function printDestination({ user, host, port }: Destination): string {
  const v6 = host.includes(':');
  const end = port === null ? (v6 ? `[${host}]` : host) : printHostPort(host, port);
  return `${user === null ? '' : `${user}@`}${end}`;
}

/** At the last `@`: user names may hold one, host names may not. */
function splitUser(text: string): { readonly user: string | null; readonly rest: string } {
  const at = text.lastIndexOf('@');
  return at < 0 ? { user: null, rest: text } : { user: text.slice(0, at), rest: text.slice(at + 1) };
}

/** Names that begin with a dash could be taken for an option by an ssh that is asked about them. */
function named(destination: Destination): Parsed {
  const { user, host } = destination;
  const good = /^[^\s@/[\]-][^\s@/[\]]*$/.test(host) && (user === null || /^[^\s-]\S*$/.test(user));
  return good && (!host.includes(':') || /^[0-9a-f:.]+(%\w+)?$/i.test(host)) ? ok(destination) : fail('destination-invalid');
}
