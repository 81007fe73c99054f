import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { type Problem, ProblemError, problem } from '../../model/problem.ts';

/** Where connections begin on this machine: BindAddress or BindInterface of ssh_config(5). */
export type From = { readonly setting: 'BindAddress' | 'BindInterface'; readonly value: string };

/** An address to connect to, and this machine's own to do it from; null: the system chooses. */
export type Ends = { readonly address: string; readonly from: string | null };
type Request = { readonly host: string; readonly from?: From | null };

/** Of the addresses those that can be reached from there. Rejects with `local-address-missing` where there are none. */
export async function sourcesFor({ host, from = null }: Request, addresses: readonly LookupAddress[]): Promise<readonly Ends[]> {
  if (from === null) return addresses.map(({ address }) => ({ address, from: null }));
  const own = new Map<number, string>();
  for (const family of new Set(addresses.map((each) => each.family))) {
    const address = from.setting === 'BindAddress' ? await addressOf(from.value, family) : addressOn(from.value, family);
    if (address !== undefined) own.set(family, address);
  }
  const ends = addresses.flatMap(({ address, family }) => (own.has(family) ? [{ address, from: own.get(family) ?? null }] : []));
  if (ends.length === 0) throw new ProblemError(problemOfSource(host, from, 'EADDRNOTAVAIL'));
  return ends;
}

export const problemOfSource = (host: string, from: From, code: string): Problem =>
  problem('local-address-missing', { host, ...from, code });

/** BindAddress may be a name, too (sshconnect.c, ssh_create_socket). */
async function addressOf(value: string, family: number): Promise<string | undefined> {
  if (isIP(value) !== 0) return isIP(value) === family ? value : undefined;
  const found = await lookup(value, { family }).catch(() => undefined);
  return found?.address;
}

/** The interface's first address of that family; loopback and link-local ones only where there is no other (check_ifaddrs). */
function addressOn(name: string, family: number): string | undefined {
  const all = (networkInterfaces()[name] ?? []).filter((each) => each.family === `IPv${family}`);
  const best = all.find(({ address, internal }) => !internal && !isLinkLocal(address)) ?? all[0];
  return best !== undefined && isLinkLocal(best.address) ? `${best.address}%${name}` : best?.address;
}

const isLinkLocal = (address: string): boolean => /^fe[89ab]/i.test(address);
