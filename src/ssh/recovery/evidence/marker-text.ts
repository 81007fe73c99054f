import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Address, isSocket } from '../../../model/address.ts';
import type { SessionIdentity } from '../../../model/session-record.ts';
import { bootIdIn } from '../../remote/limits.ts';

const count = (max: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(max));

const MarkerSchema = v.object({
  v: v.literal(1),
  /** Which installation wrote it, and for which of its tunnels. */
  owner: v.pipe(v.string(), v.maxLength(200)),
  tunnel: v.pipe(v.string(), v.maxLength(200)),
  /** The server's process that holds the binding. */
  pid: v.pipe(count(2 ** 22), v.minValue(2)),
  comm: v.picklist(['sshd', 'sshd-session', 'dropbear', '?']),
  start: v.nullable(count(Number.MAX_SAFE_INTEGER)),
  boot: v.pipe(
    v.string(),
    v.check((text) => bootIdIn(text) !== null),
  ),
  /** The other end of its connection, as the server sees it; null where that was not known. */
  client: v.nullable(v.object({ host: v.pipe(v.string(), v.maxLength(64)), port: count(65_535) })),
  madeAt: count(Number.MAX_SAFE_INTEGER),
});

/** Who holds a binding, left on the server for those who find it taken and have no record of their own. */
export type Marker = v.InferOutput<typeof MarkerSchema>;

export const markerOf = (
  identity: SessionIdentity,
  by: { readonly owner: string; readonly tunnel: string; readonly madeAt: number },
): Marker => ({
  v: 1,
  ...by,
  pid: identity.pid,
  comm: identity.comm as Marker['comm'],
  start: identity.startTicks,
  boot: identity.bootId,
  client: identity.client.port === 0 ? null : identity.client,
});

/** One line, of ASCII alone. */
export const printMarker = (marker: Marker): string =>
  JSON.stringify(marker).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Null where it is no marker, one of another version, or one whose values cannot be. */
export function parseMarker(text: string | null): Marker | null {
  try {
    const parsed = v.safeParse(MarkerSchema, JSON.parse(text ?? ''));
    return parsed.success ? parsed.output : null;
  } catch {
    return null;
  }
}

/** A path is hashed: it may hold anything and be longer than a name. */
export const markerName = (listen: Address): string =>
  isSocket(listen) ? `binding-${createHash('sha256').update(listen.path).digest('hex').slice(0, 32)}` : `binding-${listen.port}`;
