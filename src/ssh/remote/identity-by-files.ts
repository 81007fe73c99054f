import type { SessionIdentity } from '../../model/session-record.ts';
import { plainHost, tcpRows } from '../../platform/proc-net.ts';
import { bootIdIn, pidIn, ticksIn, uidIn } from './limits.ts';
import type { SftpFiles } from './sftp-files.ts';

/** A file of /proc about one process is shorter. */
const MAX_BYTES = 16 * 1024;
/** sftp-server may run below a shell, and that below sshd. */
const MAX_STEPS = 4;

type Client = SessionIdentity['client'];

/**
 * The session's identity as far as an SFTP server's view of /proc shows it. It has no SSH_CONNECTION: the client's end is
 * what it is here, `local`, if the server's table has a connection to it, and otherwise unknown (host '' and port 0).
 * Nothing can be signalled over SFTP. Null in a chroot, which has no /proc.
 */
export async function identityByFiles(files: SftpFiles, local: Client | null = null): Promise<SessionIdentity | null> {
  const bootId = bootIdIn((await files.read('/proc/sys/kernel/random/boot_id', MAX_BYTES))?.trim());
  const own = statIn(await files.read('/proc/self/stat', MAX_BYTES));
  const uid = await uidByFiles(files);
  if (bootId === null || own === null || uid === null) return null;
  const server = await serverAbove(files, own);
  if (server === null) return null;
  const { pid, comm, start } = server;
  return { uid, pid, comm, startTicks: start, bootId, client: await clientThere(files, local), scope: null, killable: false };
}

/** Behind a NAT the server sees another end than ours, and its table does not have ours. */
async function clientThere(files: SftpFiles, local: Client | null): Promise<Client> {
  const table = local === null ? null : await readTcpTable(files);
  const seen = tcpRows(table ?? '').some((row) => row.state === 'ESTABLISHED' && isEnd(row.remote, local));
  return seen && local !== null ? { host: plainHost(local.host) ?? local.host, port: local.port } : { host: '', port: 0 };
}

const isEnd = (end: Client, local: Client | null): boolean =>
  local !== null && end.port === local.port && plainHost(end.host) === plainHost(local.host);

/** A table of more connections than there are ports for outgoing ones: each that ended a minute ago still has its line of 150 bytes. */
const TABLE_BYTES = 5 * 1024 * 1024;

/** Both tables of TCP sockets, or null where they may not be read. */
export async function readTcpTable(files: SftpFiles): Promise<string | null> {
  const [tcp = null, tcp6 = null] = await Promise.all(['tcp', 'tcp6'].map((name) => files.read(`/proc/net/${name}`, TABLE_BYTES)));
  // Without IPv6 there is no tcp6; without tcp the other says too little.
  return tcp === null ? null : `${tcp}\n${tcp6 ?? ''}`;
}

/** What internal-sftp runs in is a fork of the process that owns the listeners, and has the same name: its parent is meant. */
async function serverAbove(files: SftpFiles, own: ProcessStat): Promise<ProcessStat | null> {
  let below = own;
  for (let step = 0; step < MAX_STEPS && below.parent !== null; step += 1) {
    const above = statIn(await files.read(`/proc/${below.parent}/stat`, MAX_BYTES));
    if (above === null || above.pid !== below.parent || above.start > below.start) return null;
    if (SERVERS.has(above.comm)) return above;
    below = above;
  }
  return null;
}

const SERVERS = new Set(['sshd', 'sshd-session', 'dropbear']);

export type ProcessStat = {
  readonly pid: number;
  readonly comm: string;
  readonly state: string;
  readonly parent: number | null;
  readonly start: number;
};

/** proc_pid_stat(5): the name in parentheses may hold blanks and parentheses itself; the start is field 22. */
export function statIn(text: string | null): ProcessStat | null {
  const [, pidText, comm, rest = ''] = /^(\d+) \((.{1,64})\) ([^)]*)$/s.exec(text?.trim() ?? '') ?? [];
  const fields = rest.split(' ');
  const [pid, start, state] = [pidIn(pidText), ticksIn(fields[19]), fields[0] ?? ''];
  if (pid === null || comm === undefined || start === null || !/^[A-Za-z]$/.test(state)) return null;
  return { pid, comm, state, parent: pidIn(fields[1]), start };
}

/** Who we are there: proc_pid_status(5) has the real, effective, saved and file system uid. */
export async function uidByFiles(files: SftpFiles): Promise<number | null> {
  const status = await files.read('/proc/self/status', MAX_BYTES);
  return uidIn(/^Uid:\t\d+\t(\d+)\t/m.exec(status ?? '')?.[1]);
}
