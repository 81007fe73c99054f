import type { SocketRow } from '../../../model/binding.ts';
import { plainHost, type TcpRow, tcpRows } from '../../../platform/proc-net.ts';
import { portIn } from '../../remote/limits.ts';
import type { ConnectionSeen, Suspect } from './look.ts';

/** Everything that uses a local port, in any state. */
export const rowsOf = (table: string, port: number): SocketRow[] =>
  tcpRows(table)
    .filter((row) => row.local.port === port)
    .map(({ local, state, uid, inode }) => ({ host: local.host, state, uid, inode: Number(inode) }));

/**
 * The row of the suspect's SSH connection. That it is missing means something only where the row of our own connection is
 * there (`here` is SSH_CONNECTION): otherwise the table is not that of the server's connections.
 */
export function connectionOf(table: string, suspect: Suspect | null, here: string | null): ConnectionSeen {
  if (suspect === null || suspect.client === null) return 'unknown';
  const rows = tcpRows(table);
  const row = rowFrom(rows, suspect.client);
  // Half closed: the client has said that it goes.
  if (row !== undefined) return row.state === 'ESTABLISHED' ? row : row.state === 'CLOSE_WAIT' ? 'gone' : 'unknown';
  const [host = '', port] = here?.split(' ') ?? [];
  const own = portIn(port);
  return own !== null && rowFrom(rows, { host, port: own })?.state === 'ESTABLISHED' ? 'gone' : 'unknown';
}

const rowFrom = (rows: readonly TcpRow[], client: { readonly host: string; readonly port: number }): TcpRow | undefined => {
  const host = plainHost(client.host);
  return host === null ? undefined : rows.find(({ remote }) => remote.port === client.port && plainHost(remote.host) === host);
};
