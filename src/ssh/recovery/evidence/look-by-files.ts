import { type Address, isSocket } from '../../../model/address.ts';
import type { RecordedProcess, SocketFile } from '../../../model/binding.ts';
import { identityByFiles, readTcpTable, statIn } from '../../remote/identity-by-files.ts';
import type { SftpFiles } from '../../remote/sftp-files.ts';
import type { Look, LookAt, Suspect } from './look.ts';
import { readMarkerFile } from './marker-files.ts';
import { connectionOf, rowsOf } from './rows.ts';

const STAT_BYTES = 4 * 1024;

/** What an account without a shell shows over SFTP: less than a shell, and nothing in a chroot. */
export async function lookByFiles(files: SftpFiles, listen: Address, { suspect, marker }: LookAt): Promise<Look> {
  const [own, table, file, process, text] = await Promise.all([
    identityByFiles(files),
    readTcpTable(files),
    isSocket(listen) ? socketFile(files, listen.path) : null,
    suspect === null ? ('unknown' as const) : processOf(files, suspect),
    marker === 'read' ? readMarkerFile(files, listen) : null,
  ]);
  return {
    uid: own?.uid ?? null,
    bootId: own?.bootId ?? null,
    rows: isSocket(listen) || table === null ? null : rowsOf(table, listen.port),
    ownProcess: null,
    userName: null,
    scope: null,
    ownPid: own?.pid ?? null,
    nowTicks: null,
    process: own === null || suspect === null || own.bootId === suspect.bootId ? process : 'rebooted',
    // No SSH_CONNECTION of our own, so a missing row tells nothing.
    connection: connectionOf(table ?? '', suspect, null),
    file,
    ephemeral: null,
    marker: text,
  };
}

/** The same process; /proc of a chroot or another boot shows none, and so nothing is said of one that is missing. */
async function processOf(files: SftpFiles, suspect: Suspect): Promise<RecordedProcess> {
  if (suspect.startTicks === null) return 'unknown';
  const path = `/proc/${suspect.pid}/stat`;
  const stat = statIn(await files.read(path, STAT_BYTES));
  if (stat === null) return await missingProcess(files);
  if (stat.pid !== suspect.pid) return 'unknown';
  if (stat.state === 'Z' || stat.state === 'X') return 'gone';
  return SERVERS.has(stat.comm) && stat.start === suspect.startTicks ? 'same' : 'reused';
}

const SERVERS = new Set(['sshd', 'sshd-session', 'dropbear']);

/** Where init can be seen, /proc hides nobody (hidepid). */
const missingProcess = async (files: SftpFiles): Promise<RecordedProcess> =>
  (await files.read('/proc/1/stat', STAT_BYTES)) === null ? 'unknown' : 'gone';

async function socketFile(files: SftpFiles, path: string): Promise<SocketFile | null> {
  const stat = await files.lstat(path);
  if (stat === null) return null;
  if (stat !== 'missing') return { kind: stat.kind === 'socket' ? 'socket' : 'other', uid: stat.uid };
  const folder = await files.lstat(path.slice(0, path.lastIndexOf('/')) || '/');
  return folder === null ? null : { kind: folder === 'missing' ? 'no-directory' : 'missing', uid: null };
}
