import type { Remote } from '../../remote/types.ts';
import { learnBySftp } from './by-sftp.ts';
import { learnByScript, type LearnGiven } from './by-script.ts';
import type { ServerKeepalive } from './server-keepalive.ts';

/**
 * Finds out how long a hop's sshd waits for a silent client: by `sshd -G`, else by its configuration, read by the account's
 * shell or over SFTP. The listener's command line, where it can be seen, tells which files. Null where it cannot be known:
 * files that only root may read, another SSH server, an account that may do nothing. Rejects only with the signal's reason.
 */
export async function learnServerKeepalive(remote: Remote, given: LearnGiven): Promise<ServerKeepalive | null> {
  if (!remote.ident.startsWith('OpenSSH_')) return null;
  const byScript = await learnByScript(remote, given);
  return byScript === 'no-shell' ? await learnBySftp(remote, given) : byScript;
}
