import type { TcpAddress } from '../../model/address.ts';
import type { SessionIdentity } from '../../model/session-record.ts';
import { plainHost } from '../../platform/proc-net.ts';
import { bootIdIn, pidIn, portIn, ticksIn, uidIn } from './limits.ts';
import { ScriptLines } from './lines.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from './on-account.ts';
import { identityByFiles } from './identity-by-files.ts';
import { IDENTIFY } from './scripts/identify.ts';
import type { SftpGiven } from './sftp-session.ts';
import type { Remote } from './types.ts';

export type IdentifyGiven = SftpGiven & AccountGiven;

/**
 * Which process of the server serves this session, and who we are there: by a script, or by SFTP where there is no shell.
 * Null where the server does not tell, or tells what cannot be. Never rejects but with the signal's reason.
 */
export async function identifySession(
  remote: Remote & { readonly ends?: { readonly local: TcpAddress } | null },
  given: IdentifyGiven,
): Promise<SessionIdentity | null> {
  const ran = await runOnAccount(remote, IDENTIFY, { ...given, args: [] });
  if (ran.ok) return identityIn(ran.lines);
  if (ran.why !== 'not-asked' && ran.why !== 'no-shell' && ran.why !== 'refused') return null;
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    return await identityByFiles(files, remote.ends?.local ?? null);
  } finally {
    files.close();
  }
}

/** Reads what the script `identify` printed. */
export function identityIn(printed: readonly string[]): SessionIdentity | null {
  const lines = new ScriptLines(printed);
  const [uid, bootId, client] = [uidIn(lines.one('uid')), bootIdIn(lines.one('boot')), clientIn(lines.one('client'))];
  const server = serverIn(lines.one('server'), lines.one('shell'));
  if (uid === null || bootId === null || client === null || server === null) return null;
  return { uid, bootId, client, scope: scopeIn(lines.one('scope')), ...server };
}

export type ServerProcess = Pick<SessionIdentity, 'pid' | 'comm' | 'startTicks' | 'killable'>;

/** The server's process is older than the shell that it started, so a start in the future shows. */
export function serverIn(server: string | null, shell: string | null): ServerProcess | null {
  const [, pidText, name, startText, can] = /^(\d+) (sshd|sshd-session|dropbear|\?) (\d+) (yes|no)$/.exec(server ?? '') ?? [];
  const [, shellPid, shellStart] = /^(\d+) (\d+)$/.exec(shell ?? '') ?? [];
  const [pid, start, after] = [pidIn(pidText), ticksIn(startText), ticksIn(shellStart)];
  if (pid === null || start === null || after === null || pidIn(shellPid) === null || pid === pidIn(shellPid)) return null;
  if (start > after || name === undefined) return null;
  const hidden = name === '?';
  return { pid, comm: name, startTicks: hidden ? null : start, killable: can === 'yes' };
}

function clientIn(connection: string | null): SessionIdentity['client'] | null {
  const [host = '', port] = connection?.split(' ') ?? [];
  const [plain, number] = [plainHost(host), portIn(port)];
  return plain === null || number === null ? null : { host: plain, port: number };
}

const scopeIn = (text: string | null): string | null => (text !== null && /^[A-Za-z0-9]{1,20}$/.test(text) ? text : null);
