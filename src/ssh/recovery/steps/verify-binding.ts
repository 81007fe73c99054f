import type { BoundEvidence } from '../../../decide/judge-bound.ts';
import { type Address, isSocket, type TcpAddress } from '../../../model/address.ts';
import type { ServerSaying, SocketRow } from '../../../model/binding.ts';
import { readTcpTable, uidByFiles } from '../../remote/identity-by-files.ts';
import { uidIn } from '../../remote/limits.ts';
import { ScriptLines } from '../../remote/lines.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from '../../remote/on-account.ts';
import type { SftpGiven } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';
import { onTheWire } from '../../session/remote-binding.ts';
import { rowsOf } from '../evidence/rows.ts';

export type VerifyGiven = SftpGiven &
  AccountGiven & {
    /** Addresses of the port that were tried and do not lead to us (`BindingTest`). */
    readonly deaf?: readonly string[];
  };

type Seen = Pick<BoundEvidence, 'rows' | 'uid' | 'others'>;

/**
 * What listens on a hop after it said yes to a binding, for `judgeBound`: by a script where the account has a shell,
 * otherwise over SFTP. Null for a Unix socket, and where neither the tables nor the server's own words tell anything.
 * Rejects only with the signal's reason.
 */
export async function lookAtBound(remote: Remote, bound: Address, given: VerifyGiven): Promise<Omit<BoundEvidence, 'asked'> | null> {
  if (isSocket(bound)) return null;
  const said = overridden(remote.said.all, bound.host);
  const seen = (await byScript(remote, bound, given)) ?? (await bySftp(remote, bound, given));
  if (seen === null) return said.length === 0 ? null : { rows: null, said, uid: null, others: [] };
  const { rows, uid, others } = seen;
  return { rows, said, uid: listensAs(remote, uid), others: [...others, ...deafOnes(rows ?? [], given.deaf ?? [])] };
}

/** sshd tells it by SSH_MSG_DEBUG for each request of an address, whose port it leaves out. */
const overridden = (words: readonly string[], host: string): ServerSaying[] =>
  words.includes(`Forwarding listen address "${onTheWire(host)}" overridden by server GatewayPorts`) ? ['address-overridden'] : [];

/** dropbear (before 2025) listens as root for everybody. */
const listensAs = (remote: Remote, uid: number | null): number | null => (/dropbear/i.test(remote.ident) ? 0 : uid);

const deafOnes = (rows: readonly SocketRow[], deaf: readonly string[]): number[] =>
  rows.filter(({ state, host }) => state === 'LISTEN' && deaf.includes(host)).map(({ inode }) => inode);

async function byScript(remote: Remote, { port }: TcpAddress, given: VerifyGiven): Promise<Seen | null> {
  const result = await runOnAccount(remote, LISTENERS, { ...given, args: [String(port)] });
  if (!result.ok) return null;
  const lines = new ScriptLines(result.lines);
  if (lines.all('table').length === 0) return null;
  return { rows: rowsOf(lines.all('row').join('\n'), port), uid: uidIn(lines.one('uid')), others: lines.all('ss').flatMap(ownProgram) };
}

// At most 100 rows: connections to a busy port are in the table too, and the listening ones come first.
const LISTENERS = `
echo "uid $(id -u)"
port=$(printf '%04X' "$2")
for table in tcp tcp6; do
  [ -r "/proc/net/$table" ] || continue
  echo "table $table"
  sed -n "s/^ *\\([0-9]*: [0-9A-F]*:$port .*\\)/row \\1/p" "/proc/net/$table" | head -n 100
done
ss -ltnpeH "sport = :$2" 2>/dev/null | head -n 20 | sed 's/^/ss /'
`;

/** ss(8) names only processes that we may look into: a program of ours, never sshd, whose processes nobody may. */
function ownProgram(line: string): number[] {
  const inode = /\bino:(\d{1,15})\b/.exec(line)?.[1];
  return inode !== undefined && /\busers:\(\("(?!sshd|dropbear)/.test(line) ? [Number(inode)] : [];
}

async function bySftp(remote: Remote, { port }: TcpAddress, given: VerifyGiven): Promise<Seen | null> {
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    const [uid, table] = await Promise.all([uidByFiles(files), readTcpTable(files)]);
    return table === null ? null : { rows: rowsOf(table, port), uid, others: [] };
  } finally {
    files.close();
  }
}
