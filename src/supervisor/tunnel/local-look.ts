import type { LocalHolder } from '../../decide/local-binding.ts';
import { addressesOf } from '../../decide/same-port.ts';
import { LOOPBACK, printHostPort, type TcpAddress } from '../../model/address.ts';
import { describeHolder, type Holder } from '../../platform/port-holder.ts';
import { countStates, holderOfRows, type PortUse, portUse } from '../../platform/port-use.ts';
import type { TcpRow } from '../../platform/proc-net.ts';
import type { LocalClaims } from './local-claims.ts';

/** `holder`: null where nobody is to be seen, most often because it came free meanwhile. `text`: what was seen, for the story. */
export type LocalSeen = { readonly holder: LocalHolder | null; readonly text: string };

/**
 * Who keeps us from listening on a port of this machine, with every connection of that port counted. TIME_WAIT and
 * its like keep no listener away (ours set SO_REUSEADDR, as Node always does), except those of an outgoing connection.
 */
export class LocalLook {
  readonly #claims: LocalClaims;
  /** Whose sockets they are costs a walk through every process, so it is looked up once for the same sockets. */
  #known: { readonly key: string; readonly holder: Holder | null } | null = null;

  constructor(claims: LocalClaims) {
    this.#claims = claims;
  }

  /** Never rejects. */
  async at(listen: TcpAddress): Promise<LocalSeen> {
    const { host, port } = whatCounts(listen);
    const use = await portUse(port, addressesOf(host));
    const tunnel = this.#claims.holder({ host, port });
    const holder = tunnel === null ? await this.#strangerOf(use, port) : ({ is: 'tunnel', tunnel } as const);
    return { holder, text: use === null ? `Port ${port} is in use; this system does not show its connections.` : whatWasSeen(port, use) };
  }

  /** Who else than a tunnel of ours. Never rejects. */
  async strangerAt({ host, port }: TcpAddress): Promise<LocalHolder | null> {
    return await this.#strangerOf(await portUse(port, addressesOf(host)), port);
  }

  /** A Unix socket: one of ours, or whoever binding it found there. */
  atPath(path: string, found: string): LocalSeen {
    const tunnel = this.#claims.holder({ path });
    const holder: LocalHolder = tunnel === null ? { is: 'program', words: found } : { is: 'tunnel', tunnel };
    return { holder, text: `${path} is there already.` };
  }

  async #strangerOf(use: PortUse | null, port: number): Promise<LocalHolder | null> {
    if (use !== null && use.listeners.length === 0) return await this.#outgoing(use.connections, port);
    const holder = await this.#holderOf(use?.listeners ?? null, port);
    return { is: 'program', words: describeHolder(holder) };
  }

  async #outgoing(connections: readonly TcpRow[], port: number): Promise<LocalHolder | null> {
    const [row] = connections;
    if (row === undefined) return null;
    const holder = await this.#holderOf(connections, port);
    return { is: 'source-port', by: holder === null ? null : describeHolder(holder), to: printHostPort(row.remote.host, row.remote.port) };
  }

  async #holderOf(rows: readonly TcpRow[] | null, port: number): Promise<Holder | null> {
    const key = `${port} ${rows?.map(({ inode }) => inode).join(' ')}`;
    // Without the tables nothing tells whether it is still the same.
    if (rows === null || this.#known?.key !== key) this.#known = { key, holder: await holderOfRows(rows, port) };
    return this.#known.holder;
  }
}

/** Of `localhost` it is 127.0.0.1 that must be had; without ::1 it is half bound, and told so. */
const whatCounts = ({ host, port }: TcpAddress): TcpAddress => ({ host: host === 'localhost' ? LOOPBACK : host, port });

/** `Port 80 on this machine: 1 LISTEN on 0.0.0.0; 2 ESTABLISHED, 1 TIME_WAIT.` */
function whatWasSeen(port: number, { listeners, connections }: PortUse): string {
  const hosts = [...new Set(listeners.map(({ local }) => local.host))];
  const listening = listeners.length === 0 ? 'nobody listens' : `${listeners.length} LISTEN on ${hosts.join(' and ')}`;
  const counted = [...countStates(connections)].map(([state, count]) => `${count} ${state}`).join(', ');
  return `Port ${port} on this machine: ${listening}; ${counted === '' ? 'no connections' : counted}.`;
}
