import { nearest } from './nearest.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import { parseHop } from './profile-hop.ts';
import { printHop, type Hop, type Place } from './profile.ts';

/** The hops that could be read, under their index in the profile; null where a hop has issues of its own. */
export type Hops = readonly (Hop | null)[];

/** Finds what `on` or `from` names: `local`, or a hop by its host, with or without its user and port. */
export function readPlace(raw: string, path: IssuePath, given: { readonly hops: Hops; readonly report: Report }): Place | null {
  if (raw === 'local') return 'local';
  const matches = given.hops.flatMap((hop, index) => (hop !== null && isNamed(hop, raw) ? [{ hop, index }] : []));
  if (matches.length === 1) return matches[0]?.index ?? null;
  const key = String(path.at(-1));
  const text = raw.replace(/:.*@/s, ':(hidden)@');
  if (matches.length > 1)
    given.report(issueAt(path, 'hop-ambiguous', { key, text, hops: matches.map(({ hop }) => printHop(hop)).join(' or ') }));
  // While a hop cannot be read, this may be its name: its own issue is told, no guess beside it.
  else if (!given.hops.includes(null))
    given.report(issueAt(path, 'hop-unknown', { key, text, nearest: nearest(raw, placeNames(given.hops)) }));
  return null;
}

function isNamed(hop: Hop, name: string): boolean {
  if (printHop(hop) === name) return true;
  const parsed = parseHop(name);
  if (!parsed.ok) return false;
  const { host, user, port } = parsed.value;
  return host === hop.host && (user === null || user === hop.user) && (port === null || port === hop.port);
}

const placeNames = (hops: Hops): string[] => ['local', ...hops.flatMap((hop) => (hop === null ? [] : [hop.host, printHop(hop)]))];
