import type { SocketState } from '../model/binding.ts';
import { type Holder, holderOf, holderOfSockets } from './port-holder.ts';
import { plainHost, type TcpRow } from './proc-net.ts';
import { rowsOnPort } from './ports.ts';

/** What a TCP port of this machine is used for. */
export type PortUse = {
  /** The listeners at one of the addresses that were asked about. */
  readonly listeners: readonly TcpRow[];
  /** Everything else with that local port; none of it keeps a listener from coming back (SO_REUSEADDR), but an outgoing connection does. */
  readonly connections: readonly TcpRow[];
};

/** Null where the tables of proc(5) are not there (not Linux). `hosts`: numeric addresses; null: all. */
export async function portUse(port: number, hosts: readonly string[] | null): Promise<PortUse | null> {
  const rows = await rowsOnPort(port);
  if (rows === null) return null;
  const listening = rows.filter(({ state }) => state === 'LISTEN');
  const inTheWay = listening.filter(
    (row) => hosts === null || hosts.some((host) => collide(host, plainHost(row.local.host) ?? row.local.host)),
  );
  return { listeners: inTheWay, connections: rows.filter(({ state }) => state !== 'LISTEN') };
}

/** How many sockets are in each state, as `ss -tan` would show them. */
export function countStates(rows: readonly TcpRow[]): ReadonlyMap<SocketState, number> {
  const counts = new Map<SocketState, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** The process behind these rows; where the tables are not there, whoever a tool of the system names. */
export const holderOfRows = async (rows: readonly TcpRow[] | null, port: number): Promise<Holder | null> =>
  rows === null ? await holderOf(port) : await holderOfSockets(rows);

/** bind(2): a wildcard is in the way of every address of its family; `::` may take IPv4 as well. */
function collide(wanted: string, held: string): boolean {
  if (wanted === held || held === '::') return true;
  const sameFamily = wanted.includes(':') === held.includes(':');
  return sameFamily ? held === '0.0.0.0' || wanted === '0.0.0.0' || wanted === '::' : wanted === '::';
}
