import { createHmac } from 'node:crypto';
import { matchesPatterns } from '../model/host-patterns.ts';

/** `host`, or `[host]:port` where the port is not 22, as known_hosts files name servers (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export const knownHostsName = (host: string, port: number): string => (port === 22 ? host : `[${host}]:${port}`).toLowerCase();

/** Whether the names of a line, patterns with commas between or one hash, speak of this one, as `knownHostsName` makes it. */
export function namesHost(hosts: string, name: string): boolean {
  const lower = name.toLowerCase();
  return hosts.startsWith('|') ? isHashOf(hosts, lower) : matchesPatterns(lower, hosts.split(','));
}

/** OpenSSH takes no other length (hostfile.c, extract_salt). */
export const SALT_BYTES = 20;

/** `|1|salt|HMAC-SHA1(salt, name)`, both base64 (ssh-keygen(1) -H). */
export const hashOfName = (name: string, salt: Buffer): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

function isHashOf(text: string, name: string): boolean {
  const salt = Buffer.from(text.split('|')[2] ?? '', 'base64');
  return salt.length === SALT_BYTES && text === hashOfName(name, salt);
}
