import { isSocket, type Address } from '../model/address.ts';
import type { SocketRow } from '../model/binding.ts';

const ANY4 = '0.0.0.0';
const ANY6 = '::';
const WILDCARDS: readonly string[] = ['', '*', ANY4, ANY6];

/** An address as the tables of proc(5) mean it: lower case, an IPv4 address mapped into IPv6 as IPv4. */
export const plainHost = (host: string): string => host.toLowerCase().replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');

export const isWildcard = (host: string): boolean => WILDCARDS.includes(plainHost(host));

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || plainHost(host) === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plainHost(host));

/** The addresses that sshd binds for what was asked, where its GatewayPorts lets it; null for a name that only the server resolves. */
export function addressesOf(host: string): readonly string[] | null {
  const plain = plainHost(host);
  if (plain === '' || plain === '*') return [ANY4, ANY6];
  if (plain === 'localhost') return ['127.0.0.1', '::1'];
  return plain.includes(':') || /^\d+\.\d+\.\d+\.\d+$/.test(plain) ? [plain] : null;
}

/**
 * Whether two listening ends of one machine are in each other's way. ::1 and 127.0.0.1 are independent; a name that is looked
 * up may be any address.
 */
export function areInTheWay(a: Address, b: Address): boolean {
  if (isSocket(a) || isSocket(b)) return isSocket(a) && isSocket(b) && a.path === b.path;
  if (a.port !== b.port) return false;
  const [mine, theirs] = [addressesOf(a.host), addressesOf(b.host)];
  if (mine === null || theirs === null || isWildcard(a.host) || isWildcard(b.host)) return true;
  return mine.some((host) => theirs.includes(host));
}

export const listening = (rows: readonly SocketRow[]): SocketRow[] => rows.filter((row) => row.state === 'LISTEN');

/**
 * The listeners that keep the asked address from being bound. Where none of them seems to, it is all of them:
 * GatewayPorts may have turned what was asked into something else.
 */
export function listenersInTheWay(rows: readonly SocketRow[], asked: Address): readonly SocketRow[] {
  const all = listening(rows);
  const wanted = isSocket(asked) ? null : addressesOf(asked.host);
  if (wanted === null) return all;
  const those = all.filter((row) => wanted.some((host) => collide(host, plainHost(row.host))));
  return those.length > 0 ? those : all;
}

/** The one of them whose user is told, where it is not our own. */
export const foreignListener = (rows: readonly SocketRow[], uid: number | null, asked: Address): SocketRow | undefined =>
  listenersInTheWay(rows, asked).find((row) => row.uid !== uid);

/** A listener on `::` may take IPv4 too; sshd's own never does, but nothing in the tables tells them apart. */
function collide(wanted: string, held: string): boolean {
  if (held === ANY6 || wanted === held) return true;
  const sameFamily = wanted.includes(':') === held.includes(':');
  return sameFamily && (held === ANY4 || wanted === ANY4 || wanted === ANY6);
}
