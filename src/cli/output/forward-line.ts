import { printAddress } from '../../model/address.ts';
import type { ForwardSnapshot, TunnelSnapshot } from '../../model/snapshot.ts';
import { table } from './table.ts';

/** Where to connect to: an address here, or `127.0.0.1:18080 on bastion`. */
export const listenOf = (forward: ForwardSnapshot): string =>
  forward.on === 'local' ? printAddress(forward.listen) : `${printAddress(forward.listen)} on ${forward.on}`;

export const targetOf = (forward: ForwardSnapshot): string => (forward.to === null ? 'SOCKS' : printAddress(forward.to));

/** What can be used now: one line for each forward that listens, `postgres  127.0.0.1:15432 → db.internal:5432`. */
export const addresses = (tunnels: readonly TunnelSnapshot[]): string =>
  table(
    tunnels.flatMap((tunnel) =>
      tunnel.forwards
        .filter((forward) => forward.state === 'listening' || tunnel.state === 'idle')
        .map((forward) => [...(tunnels.length > 1 ? [tunnel.name] : []), forward.name, `${listenOf(forward)} → ${targetOf(forward)}`]),
    ),
  );
