import type { TunnelSnapshot } from '../../model/snapshot.ts';
import { relativeTime } from './relative-time.ts';

/** What `status --verbose` adds of a tunnel. */
export function statusDetails({ name, ownConnection }: TunnelSnapshot, { now }: { readonly now: number }): string[] {
  if (ownConnection === undefined) return [];
  const { since, connections } = ownConnection;
  return [`${name} moves much: an SSH connection of its own since ${relativeTime(since, now)}, ${connections} open over it.`];
}
