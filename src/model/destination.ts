import { type HopAddress, parseHop } from './profile-hop.ts';
import { fail, ok, type Result } from './result.ts';

/** The last word of ssh(1): `[user@]host` or `ssh://[user@]host[:port]`. A colon in the first form belongs to an IPv6 address. */
export function parseDestination(text: string): Result<HopAddress, 'destination-invalid'> {
  const parsed = parseHop(text);
  return parsed.ok && (parsed.value.port === null || text.startsWith('ssh://')) ? parsed : fail('destination-invalid');
}

/** -J: hops in dialling order; `none` is the same as no -J, as in ssh_config(5). */
export function parseJumps(text: string): Result<readonly HopAddress[], { readonly text: string }> {
  if (text === 'none') return ok([]);
  const hops: HopAddress[] = [];
  for (const word of text.split(',')) {
    const hop = parseHop(word.trim());
    if (!hop.ok) return fail({ text: word });
    hops.push(hop.value);
  }
  return ok(hops);
}
