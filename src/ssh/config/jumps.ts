import type { Hop } from '../../model/profile.ts';
import type { ResolvedHop } from '../types.ts';
import { configInvalid } from './config-invalid.ts';

/** The hops of a ProxyJump value: `none`, or `[user@]host[:port]` and `ssh://...` with commas between (ssh_config(5)). */
export function readJumps(hop: Hop, text: string | undefined, resolved: ResolvedHop): readonly Hop[] {
  if (text === undefined || text.toLowerCase() === 'none') return [];
  return text.split(',').map((word) => {
    const jump = parseJump(withTokens(word.trim(), resolved));
    if (jump === null) throw configInvalid(hop, `its ProxyJump has ${JSON.stringify(word)}, which is not [user@]host[:port].`);
    return jump;
  });
}

/** `ssh -G` leaves these in ProxyJump; there may be others in it only as the zone of an IPv6 address. */
function withTokens(text: string, { name, host, port, user }: ResolvedHop): string {
  const values: Readonly<Record<string, string>> = { '%': '%', h: host, n: name, p: String(port), r: user };
  return text.replaceAll(/%([%hnpr])(?!\w)/g, (whole, letter: string) => values[letter] ?? whole);
}

function parseJump(word: string): Hop | null {
  const text = word.replace(/^ssh:\/\//i, '').replace(/\/$/, '');
  const match =
    /^(?:(.+)@)?(?:\[([^\]\s]+)\]|([^\s@:[\]/-][^\s@:[\]/]*))(?::(\d{1,5}))?$/.exec(text) ??
    /^(?:(.+)@)?()([0-9a-f:]+(?:%\w+)?)()$/i.exec(text);
  if (match === null) return null;
  const [, user, bracketed, plain, digits] = match;
  const host = bracketed || plain;
  const port = digits ? Number(digits) : null;
  if (!host || host.startsWith('-') || (user !== undefined && /^-|\s/.test(user))) return null;
  if (port !== null && (port < 1 || port > 65535)) return null;
  return { host, user: user ?? null, port, identity: [], hostKey: [] };
}
