import type { Hop } from './profile.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import { readPath, readPin } from './profile-text.ts';
import type { HopTrouble } from './profile-words.ts';
import { isMapping } from './profile-shape-issues.ts';
import { fail, ok, type Result } from './result.ts';

export type HopAddress = Pick<Hop, 'host' | 'user' | 'port'>;

/** A hop in either of its forms; null where an issue was reported, here or by the shape. */
export function readHop(raw: unknown, path: IssuePath, report: Report): Hop | null {
  if (typeof raw === 'string') {
    const address = readHopText(raw, path, report);
    return address && { ...address, identity: [], hostKey: [] };
  }
  return isMapping(raw) ? readHopMapping(raw, path, report) : null;
}

/** `[user@]host[:port]`, `[user@][v6]:port` or `ssh://` before one, as ssh(1) takes a destination; a bare IPv6 address has no port. */
export function parseHop(destination: string): Result<HopAddress, HopTrouble> {
  const text = withoutScheme(destination);
  // As OpenSSH does: a user may hold an @, a host never does.
  const at = text.lastIndexOf('@');
  const user = at < 0 ? null : text.slice(0, at);
  const trouble = user === null ? null : userTrouble(user);
  if (trouble) return fail(trouble);
  const target = parseHostPort(text.slice(at + 1));
  return target.ok ? ok({ ...target.value, user }) : target;
}

const withoutScheme = (text: string): string => (text.startsWith('ssh://') ? text.slice('ssh://'.length).replace(/\/$/, '') : text);
const userPart = (text: string): string => text.slice(0, Math.max(0, text.lastIndexOf('@')));

function parseHostPort(text: string): Result<{ host: string; port: number | null }, HopTrouble> {
  if (isV6(text)) return ok({ host: text, port: null });
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) return fail('bad-host');
  const trouble = bracketed !== undefined && !isV6(host) ? 'bad-host' : hostTrouble(host);
  if (trouble) return fail(trouble);
  if (port === undefined) return ok({ host, port: null });
  return isPort(port) ? ok({ host, port: Number(port) }) : fail('bad-port');
}

const isV6 = (text: string): boolean => /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(%[\w.-]+)?$/i.test(text);
const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535;

/** OpenSSH's own rules (valid_hostname and valid_ruser in ssh.c): nothing that a shell in ProxyCommand would act on. */
function hostTrouble(host: string): HopTrouble | null {
  if (host === '') return 'empty';
  if (host.startsWith('-')) return 'option';
  return isV6(host) || !/[\s\p{Cc}\p{Cf}'"`$\\;&<>|(){}/@,*?![\]:]/u.test(host) ? null : 'bad-host';
}

function userTrouble(user: string): HopTrouble | null {
  if (user.startsWith('-')) return 'option';
  if (user === '') return 'no-user';
  return /[\s\p{Cc}\p{Cf}'"`;&<>|(){}:]|\\$/u.test(user) ? 'bad-user' : null;
}

function readHopText(text: string, path: IssuePath, report: Report): HopAddress | null {
  if (text === '') return null;
  if (carriesPassword(userPart(withoutScheme(text)))) return withhold(path, report);
  const parsed = parseHop(text);
  if (parsed.ok) return parsed.value;
  report(issueAt(path, 'bad-hop', { key: 'The hop', text, why: parsed.error }));
  return null;
}

/** `user:password@host` is what URLs allow; no login name holds a colon, as passwd(5) separates its fields with it. */
const carriesPassword = (user: string): boolean => user.includes(':');

function withhold(path: IssuePath, report: Report): null {
  report(issueAt(path, 'secret', { key: 'The user of this hop' }));
  return null;
}

function readHopMapping(raw: Readonly<Record<string, unknown>>, path: IssuePath, report: Report): Hop | null {
  const host = readHost(raw['host'], [...path, 'host'], report);
  const user = readUser(raw['user'], [...path, 'user'], report);
  const port = typeof raw['port'] === 'number' ? raw['port'] : null;
  const identity = readList(raw['identity'], [...path, 'identity'], { read: readPath, report });
  const hostKey = readList(raw['hostKey'], [...path, 'hostKey'], { read: readPin, report });
  return host === null ? null : { host, user, port, identity, hostKey };
}

function readHost(raw: unknown, path: IssuePath, report: Report): string | null {
  if (typeof raw !== 'string' || raw === '') return null;
  if (carriesPassword(userPart(withoutScheme(raw)))) return withhold(path, report);
  const host = /^\[(.*)\]$/s.exec(raw)?.[1] ?? raw;
  const trouble = hostTrouble(host);
  if (trouble === null) return host;
  report(issueAt(path, 'bad-hop', { key: 'host', text: raw, why: parseHop(raw).ok ? 'not-only-host' : trouble }));
  return null;
}

function readUser(raw: unknown, path: IssuePath, report: Report): string | null {
  if (typeof raw !== 'string' || raw === '') return null;
  if (carriesPassword(raw)) return withhold(path, report);
  const why = userTrouble(raw);
  if (why !== null) report(issueAt(path, 'bad-hop', { key: 'user', text: raw, why }));
  return why === null ? raw : null;
}

type ReadText = (text: string, path: IssuePath, report: Report) => string | null;

/** One text or a list of them. */
function readList(raw: unknown, path: IssuePath, { read, report }: { read: ReadText; report: Report }): string[] {
  const entries = Array.isArray(raw) ? raw.map((entry: unknown, index) => ({ entry, at: [...path, index] })) : [{ entry: raw, at: path }];
  return entries.flatMap(({ entry, at }) => (typeof entry === 'string' ? (read(entry, at, report) ?? []) : []));
}
