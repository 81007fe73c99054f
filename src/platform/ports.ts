import { readFile } from 'node:fs/promises';
import type { PortRange } from '../model/profile.ts';
import { type TcpRow, tcpRows } from './proc-net.ts';

/** `32768	60999` of ip_local_port_range (ip(7)): where outgoing connections get their own port from. */
export function parsePortRange(text: string): PortRange | null {
  const [, low = '', high = ''] = /^(\d{1,5})\s+(\d{1,5})\s*$/.exec(text) ?? [];
  const range = { first: Number(low), last: Number(high) };
  return low === '' || range.first > range.last || range.last > 65_535 ? null : range;
}

export const EPHEMERAL_RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

/** That of this machine; null where it is not told (not Linux). */
export const ownEphemeralPorts = async (): Promise<PortRange | null> => parsePortRange(await content(EPHEMERAL_RANGE));

/** The first port that this process may listen on: ip_unprivileged_port_start (ip(7)), or 0 for root and CAP_NET_BIND_SERVICE. */
export async function firstOpenPort(): Promise<number> {
  if (process.platform === 'win32' || process.getuid?.() === 0) return 0;
  const [start, status] = await Promise.all([content('/proc/sys/net/ipv4/ip_unprivileged_port_start'), content('/proc/self/status')]);
  if (mayBindAny(status)) return 0;
  // macOS lets everybody bind every port since 10.14; elsewhere 1024 is the custom.
  return /^\d+\s*$/.test(start) ? Number(start) : process.platform === 'darwin' ? 0 : 1024;
}

/** Bit 10 of CapEff (capabilities(7), proc_pid_status(5)). */
export function mayBindAny(status: string): boolean {
  const [, mask = '0'] = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(status) ?? [];
  return ((BigInt(`0x${mask}`) >> 10n) & 1n) === 1n;
}

/** Every TCP connection and listener of this machine with that local port, in any state; null where that is not shown (not Linux). */
export async function rowsOnPort(port: number): Promise<readonly TcpRow[] | null> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(content));
  if (tables.every((table) => table === '')) return null;
  return tables.flatMap(tcpRows).filter(({ local }) => local.port === port);
}

const content = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
