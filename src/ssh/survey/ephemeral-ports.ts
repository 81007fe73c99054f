import type { PortRange } from '../../model/profile.ts';
import { EPHEMERAL_RANGE, parsePortRange } from '../../platform/ports.ts';
import { ScriptLines } from '../remote/lines.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from '../remote/on-account.ts';
import type { SftpGiven } from '../remote/sftp-session.ts';
import type { Remote } from '../remote/types.ts';

/** Where a hop's outgoing connections get their own port from; null where it does not show that. */
export async function learnEphemeralPorts(remote: Remote, given: SftpGiven & AccountGiven): Promise<PortRange | null> {
  const ran = await runOnAccount(remote, READ, { ...given, args: [] });
  if (ran.ok) return parsePortRange(new ScriptLines(ran.lines).one('range') ?? '');
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    return parsePortRange((await files.read(EPHEMERAL_RANGE, 1_024)) ?? '');
  } finally {
    files.close();
  }
}

// `read` of dash takes one byte at a time, and files of /proc/sys with numbers give all at once or nothing more.
const READ = `echo "range $(cat ${EPHEMERAL_RANGE} 2>/dev/null)"`;
