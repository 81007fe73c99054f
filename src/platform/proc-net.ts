/** A listening socket as /proc/net shows it. */
export type ListenRow = { readonly inode: string; readonly uid: number };

const TCP_LISTEN = '0A';

/**
 * The listening rows of a port in /proc/net/tcp or tcp6 (proc_net_tcp(5)): slot, local address, remote address,
 * state, queues, timer, retransmits, uid, timeout, inode. Lines that are not of that form are passed over.
 */
export function listenersOnPort(table: string, port: number): ListenRow[] {
  return rows(table).flatMap((fields) => {
    const [, local = '', , state, , , , uid = '', , inode = ''] = fields;
    const [, hex = ''] = /^[0-9A-F]{8,32}:([0-9A-F]{4})$/.exec(local) ?? [];
    if (state !== TCP_LISTEN || hex === '' || Number.parseInt(hex, 16) !== port) return [];
    return isNumber(uid) && isNumber(inode) ? [{ inode, uid: Number(uid) }] : [];
  });
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

const rows = (table: string): string[][] => table.split('\n').map((line) => line.trim().split(/\s+/));
const isNumber = (text: string): boolean => /^\d{1,15}$/.test(text);
