import { problemOf } from '../../../model/problem.ts';
import { DEFAULT_KEEPALIVE, type Profile } from '../../../model/profile.ts';
import type { Lease } from '../../../ssh/links/links.ts';
import type { HopLink } from '../../../ssh/remote/types.ts';
import type { ResolvedHop } from '../../../ssh/types.ts';
import type { HopFacts, Reached, ServerFacts } from '../facts.ts';
import { inTime } from '../in-time.ts';
import type { Examining } from '../needs.ts';
import { hostCertificateFacts, keyFacts, knownFacts } from './keys.ts';

/** A hop, and the connection to it where there is one. */
export type Visited = { readonly hop: ResolvedHop; readonly reached: Reached; readonly link: HopLink | null };
export type Visit = { readonly visited: readonly Visited[]; release(): Promise<void> };

/**
 * Goes from hop to hop, each over the connection to the one before, as the tunnel would; connections that the supervisor
 * has already are used. Stops at the first that cannot be reached: one login is tried at each, once.
 */
export async function visit(route: readonly ResolvedHop[], profile: Profile, examining: Examining): Promise<Visit> {
  const keepalive = profile.keepalive === 'mirror' ? DEFAULT_KEEPALIVE : profile.keepalive;
  const leases: Lease[] = [];
  const visited: Visited[] = [];
  for (const [index, hop] of route.entries()) {
    const before = visited.findLast(({ reached }) => reached.is !== 'reached');
    if (before !== undefined) {
      visited.push({ hop, reached: { is: 'not-tried', behind: route[index - 1]?.name ?? hop.name }, link: null });
      continue;
    }
    try {
      const lease = await examining.lease({ hops: route.slice(0, index + 1), keepalive }, examining.signal);
      leases.push(lease);
      visited.push({ hop, reached: { is: 'reached' }, link: lease.links[index] ?? null });
    } catch (error) {
      visited.push({ hop, reached: { is: 'failed', problem: problemOf(error) }, link: null });
    }
  }
  const release = async (): Promise<void> => {
    for (const lease of leases.toReversed()) await lease.release('for-good');
  };
  return { visited, release };
}

/** What is known of one hop; of its server only where something of the profile listens on it, and after that was looked at. */
export async function hopFacts({ hop, reached, link }: Visited, { tunnel, listens }: Wanted, examining: Examining): Promise<HopFacts> {
  const [keys, known] = await Promise.all([keyFacts(hop, examining.clock), knownFacts(hop)]);
  const server = link === null || !listens ? null : await serverFacts(link, examining);
  const hostCertificate = hostCertificateFacts(link?.hostCertificate ?? null, known, examining.clock);
  const cipher = link === null ? null : { name: link.cipher, costs: examining.cipherCosts() };
  const data = link?.traffic.usage ?? null;
  const seen = { hostCertificate, cipher, data, server };
  return { subject: `hop ${hop.user}@${hop.name}:${hop.port}`, tunnel, hop, keys, known, reached, ...seen };
}

/** Of the profile: its name, and whether something of it listens on the hop. */
type Wanted = { readonly tunnel: string; readonly listens: boolean };

async function serverFacts(link: HopLink, examining: Examining): Promise<ServerFacts> {
  const keepalive = await inTime(examining, examining.keepaliveOf(link));
  const { shell, sftp } = examining.accounts.of({ hostKey: link.hostKey, user: link.hop.user });
  return { ident: link.ident, keepalive, shell, sftp };
}
