import { isSocket, printAddress, type Address } from '../model/address.ts';
import type { ServerSaying, SocketRow } from '../model/binding.ts';
import { problem, type Problem } from '../model/problem.ts';
import { addressesOf, isLoopback, isWildcard, listening, plainHost } from './same-port.ts';

/** What was seen after a server said yes. */
export type BoundEvidence = {
  readonly asked: Address;
  /** Rows of the port that was bound; null where the tables may not be read. */
  readonly rows: readonly SocketRow[] | null;
  readonly said: readonly ServerSaying[];
  /** The user that listens for us: our own, or 0 for dropbear; null where it is not known. */
  readonly uid: number | null;
  /** Inodes of listeners of our own user that are not this binding: there before it, or deaf to a test through it. */
  readonly others: readonly number[];
  /** Where the tables may not be read: where connections from that machine to its loopbacks went; null: not tried. */
  readonly tried?: Tried | null;
};

/** Loopback addresses, by who took a connection to the port: we ourselves, somebody else, nobody. */
export type Tried = { readonly ours: readonly string[]; readonly deaf: readonly string[]; readonly closed: readonly string[] };

export type BoundVerdict =
  /** `bound`: the addresses that listen; null where that could not be seen. */
  | { readonly is: 'as-asked'; readonly bound: readonly string[] | null }
  /** Only a part. `holder`: the uid of whoever has a missing one, null where nobody was seen there. */
  | {
      readonly is: 'half';
      readonly bound: readonly string[];
      readonly missing: readonly string[];
      readonly holder: number | 'unknown' | null;
    }
  /** A loopback in place of what was asked: GatewayPorts no. */
  | { readonly is: 'narrowed'; readonly bound: readonly string[] }
  /** Every address in place of one: GatewayPorts yes. */
  | { readonly is: 'widened'; readonly bound: readonly string[] };

/**
 * What is really bound after a server said yes: it says so for one address family of two as well, and for another
 * address than the one that was asked for.
 */
export function judgeBound({ asked, rows, said, uid, others, tried = null }: BoundEvidence): BoundVerdict {
  if (isSocket(asked)) return { is: 'as-asked', bound: null };
  const all = listening(rows ?? []);
  const isOurs = (row: SocketRow): boolean => (uid === null || row.uid === uid) && !others.includes(row.inode);
  const bound = [...new Set(all.filter(isOurs).map((row) => plainHost(row.host)))].sort();
  if (isWidened({ host: asked.host, bound, said })) return { is: 'widened', bound: bound.length > 0 ? bound : ['0.0.0.0', '::'] };
  if (rows === null && tried !== null) return judgeTried(tried);
  // The server said yes, so a table without any listener of ours is not the table of where it listens.
  if (bound.length === 0) return { is: 'as-asked', bound: null };
  if (isNarrowed(asked.host, bound)) return { is: 'narrowed', bound };
  const missing = (addressesOf(asked.host) ?? []).filter((host) => !bound.includes(host));
  if (missing.length === 0) return { is: 'as-asked', bound };
  return { is: 'half', bound, missing, holder: all.find((row) => !isOurs(row) && missing.some((host) => covers(host, row)))?.uid ?? null };
}

/** A machine without IPv6 has nobody at its IPv6 loopback, so that alone is no half. */
function judgeTried({ ours, deaf, closed }: Tried): BoundVerdict {
  const missing = [...deaf, ...closed.filter((host) => !host.includes(':'))];
  if (ours.length === 0 || missing.length === 0) return { is: 'as-asked', bound: null };
  return { is: 'half', bound: ours, missing, holder: deaf.length > 0 ? 'unknown' : null };
}

/** What to tell the user; null where it is as they asked. */
export function boundProblem(verdict: BoundVerdict, { asked, on }: { readonly asked: Address; readonly on: string }): Problem | null {
  if (verdict.is === 'as-asked') return null;
  const where = { listen: printAddress(asked), on, port: isSocket(asked) ? null : asked.port, bound: verdict.bound.join(' and ') };
  if (verdict.is === 'widened') return problem('binding-widened', where);
  if (verdict.is === 'narrowed') return problem('binding-narrowed', where);
  return problem('binding-half', { ...where, missing: verdict.missing.join(' and '), holderUid: verdict.holder });
}

type Wide = { readonly host: string; readonly bound: readonly string[]; readonly said: readonly ServerSaying[] };
const isWidened = ({ host, bound, said }: Wide): boolean =>
  !isWildcard(host) && (said.includes('address-overridden') || bound.some(isWildcard));

const isNarrowed = (host: string, bound: readonly string[]): boolean => {
  if (isLoopback(host) || !bound.every(isLoopback)) return false;
  // A name may mean a loopback address of its own (127.0.1.1 of Debian); both loopbacks at once are what GatewayPorts no gives.
  return addressesOf(host) !== null || bound.length > 1;
};

/** A listener on every address of the family keeps this one too. */
const covers = (host: string, row: SocketRow): boolean => {
  const held = plainHost(row.host);
  const sameFamily = held.includes(':') === host.includes(':');
  return held === host || held === '::' || (sameFamily && (isWildcard(host) || held === '0.0.0.0'));
};
