import { SocketAddress } from 'node:net';
import type { SocketState } from '../model/binding.ts';

/** A listening socket as /proc/net shows it. */
export type ListenRow = { readonly inode: string; readonly uid: number };

export type TcpEnd = { readonly host: string; readonly port: number };

/** One line of /proc/net/tcp or tcp6 (proc_net_tcp(5)). IPv4 addresses in tcp6 are given as `::ffff:1.2.3.4`. */
export type TcpRow = {
  readonly local: TcpEnd;
  readonly remote: TcpEnd;
  readonly state: SocketState;
  /** Bytes that were written and that the other end has not confirmed. */
  readonly unsent: number;
  /** How often the oldest of them was sent again without an answer. */
  readonly retransmits: number;
  readonly uid: number;
  readonly inode: string;
};

/** The rows of a table; lines that are not of that form are passed over. Addresses are read as little-endian machines write them. */
export const tcpRows = (table: string): TcpRow[] => table.split('\n').flatMap((line) => tcpRow(line) ?? []);

/** The listening rows of a port. */
export const listenersOnPort = (table: string, port: number): ListenRow[] =>
  tcpRows(table).flatMap(({ local, state, inode, uid }) => (state === 'LISTEN' && local.port === port ? [{ inode, uid }] : []));

/** The same address in one spelling: IPv4 inside IPv6 becomes IPv4, a zone is left out; null where it is no address. */
export function plainHost(host: string): string | null {
  const bare = host.replace(/%.*$/, '');
  const address = canonical(bare, bare.includes(':') ? 'ipv6' : 'ipv4');
  return address?.replace(/^::ffff:(?=\d+\.)/, '') ?? null;
}

const ACCEPTS = 0x10000;

/** The inodes of the sockets that listen at a path, in /proc/net/unix (proc_net_unix(5)); the uid is not in that table. */
export function listenersOnPath(table: string, path: string): string[] {
  return table.split('\n').flatMap((line) => {
    // The path is the rest of the line and may hold blanks.
    const [, flags = '', inode = '', at] = /^\S+ \S+ \S+ ([0-9A-F]{8}) \S+ \S+ +(\d+) (.+)$/.exec(line) ?? [];
    return at === path && (Number.parseInt(flags, 16) & ACCEPTS) !== 0 ? [inode] : [];
  });
}

/** Numbers of include/net/tcp_states.h. */
const STATES: Readonly<Record<string, SocketState>> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
  '0C': 'SYN_RECV',
};

/** Slot, local address, remote address, state, queues, timer, retransmits, uid, timeout, inode. */
function tcpRow(line: string): TcpRow | null {
  const [slot = '', at = '', to = '', code = '', queues = '', timer = '', again = '', uid = '', , inode = ''] = line.trim().split(/\s+/);
  const [local, remote, state] = [endOf(at), endOf(to), STATES[code]];
  const sound = /^\d+:$/.test(slot) && /^[0-9A-F]{8}:[0-9A-F]{8}$/.test(queues) && /^[0-9A-F]{2}:[0-9A-F]{1,16}$/.test(timer);
  if (!sound || local === null || remote === null || state === undefined) return null;
  if (!/^[0-9A-F]{8}$/.test(again) || !/^\d{1,10}$/.test(uid) || !/^\d{1,15}$/.test(inode)) return null;
  return { local, remote, state, unsent: hex(queues.slice(0, 8)), retransmits: hex(again), uid: Number(uid), inode };
}

function endOf(text: string): TcpEnd | null {
  const [, words = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text) ?? [];
  if (words === '') return null;
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  const host = bytes.length === 4 ? bytes.map(hex).join('.') : canonical((bytes.join('').match(/.{4}/g) ?? []).join(':'), 'ipv6');
  return host === null ? null : { host, port: hex(port) };
}

function canonical(address: string, family: 'ipv4' | 'ipv6'): string | null {
  try {
    return new SocketAddress({ address, family }).address;
  } catch {
    return null;
  }
}

const hex = (text: string): number => Number.parseInt(text, 16);
