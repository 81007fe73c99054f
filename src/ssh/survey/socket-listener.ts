import { listenersOnPath } from '../../platform/proc-net.ts';
import { ScriptLines } from '../remote/lines.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from '../remote/on-account.ts';
import type { SftpGiven } from '../remote/sftp-session.ts';
import type { Remote } from '../remote/types.ts';

const TABLE = '/proc/net/unix';
const MAX_BYTES = 4 * 1024 * 1024;

/** Whether somebody listens on a Unix socket's path of a hop (proc_net_unix(5)), without a connection to it; null where it is not shown. */
export async function listensOnSocket(remote: Remote, path: string, given: SftpGiven & AccountGiven): Promise<boolean | null> {
  const ran = await runOnAccount(remote, LOOK, { ...given, args: [], input: path });
  if (ran.ok) {
    const lines = new ScriptLines(ran.lines);
    return lines.has('table') ? listenersOnPath(lines.all('row').join('\n'), path).length > 0 : null;
  }
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    const table = await files.read(TABLE, MAX_BYTES);
    return table === null ? null : listenersOnPath(table, path).length > 0;
  } finally {
    files.close();
  }
}

const LOOK = `
[ -r ${TABLE} ] || exit
echo table
grep -F -e " $input" ${TABLE} | head -n 50 | sed 's/^/row /'
`;
