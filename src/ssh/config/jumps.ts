import type { Hop } from '../../model/profile.ts';
import { parseHop } from '../../model/profile-hop.ts';
import type { ResolvedHop } from '../types.ts';
import { configInvalid } from './config-invalid.ts';

/** The hops of a ProxyJump value: `none`, or `[user@]host[:port]` and `ssh://...` with commas between (ssh_config(5)). */
export function readJumps(hop: Hop, text: string | undefined, resolved: ResolvedHop): readonly Hop[] {
  if (text === undefined || text.toLowerCase() === 'none') return [];
  return text.split(',').map((word) => {
    const jump = parseHop(withTokens(word.trim(), resolved).replace(/^ssh:/i, 'ssh:'));
    if (!jump.ok) throw configInvalid(hop, `its ProxyJump has ${JSON.stringify(word)}, which is not [user@]host[:port].`);
    return { ...jump.value, identity: [], hostKey: [] };
  });
}

/** `ssh -G` leaves these in ProxyJump; there may be others in it only as the zone of an IPv6 address. */
function withTokens(text: string, { name, host, port, user }: ResolvedHop): string {
  const values: Readonly<Record<string, string>> = { '%': '%', h: host, n: name, p: String(port), r: user };
  return text.replaceAll(/%([%hnpr])(?!\w)/g, (whole, letter: string) => values[letter] ?? whole);
}
