import type { HostKey } from '../../../decide/judge-host-key.ts';
import type { ResolvedHop } from '../../types.ts';
import type { Person } from '../logins/person.ts';

/** Characters that no name in a known_hosts file may have (sshconnect.c, check_host_key). */
const NOT_IN_A_NAME = /[@?*#[\]|'"\\]/;

export type NewKey = { readonly offered: HostKey; readonly person: Person; readonly signal: AbortSignal };

/**
 * Whether a key that nothing is known of may be trusted from now on, by StrictHostKeyChecking (ssh_config(5)), and who
 * said so. Where ssh could not write it down it refuses, and so do we.
 */
export async function isWelcome(hop: ResolvedHop, given: NewKey): Promise<'by-person' | 'by-policy' | 'no'> {
  const isRecordable = hop.knownHosts.userFiles.length > 0 && !NOT_IN_A_NAME.test(hop.host);
  if (!isRecordable || hop.trust.strict === 'yes') return 'no';
  if (hop.trust.strict !== 'ask') return 'by-policy';
  return !hop.login.batch && (await saysYes(hop, given)) ? 'by-person' : 'no';
}

async function saysYes({ host, port, user }: ResolvedHop, { offered, person, signal }: NewKey): Promise<boolean> {
  const { type, fingerprint } = offered;
  const answer = (await person.ask({ is: 'host-key', host, port, user, type, fingerprint }, signal))?.[0]?.trim() ?? '';
  return answer.toLowerCase() === 'yes' || answer === fingerprint;
}
