import type { SourceTrouble } from '../../model/problems/source.ts';

/** `[user@]host:path`, as scp(1) and git take it. */
const SCP = /^(?:([^@/:]+)@)?(\[[^\]/]+\]|[^/:@]+):(?!:)(.+)$/;

/** What keeps an address from being given to git. Hosts, users and paths that begin with a dash would be options of ssh or of what the server runs. */
export function troubleOfUrl(url: string): SourceTrouble | null {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'http' || scheme === 'git') return 'plain';
  if (scheme === undefined) {
    if (/^[a-z][a-z0-9+.-]*::/i.test(url)) return 'scheme';
    const [, user = '', host, path = ''] = SCP.exec(url) ?? [];
    return host === undefined ? 'address' : beginsWithDash(user, host, path) ? 'option' : null;
  }
  if (!['https', 'ssh', 'file'].includes(scheme)) return 'scheme';
  if (scheme === 'file') return url.startsWith('file:///') ? null : 'address';
  return troubleOfParsed(url);
}

function troubleOfParsed(url: string): SourceTrouble | null {
  if (!URL.canParse(url)) return /^ssh:\/\/(?:[^/@]*@)?-/.test(url) ? 'option' : 'address';
  const { username, hostname, password } = new URL(url);
  if (password !== '') return 'secret';
  if (hostname === '') return 'address';
  return beginsWithDash(decoded(username), decoded(hostname)) ? 'option' : null;
}

const beginsWithDash = (...parts: readonly string[]): boolean => parts.some((part) => part.startsWith('-'));

/** Without percent signs, where they mean something. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
