import type { Server, AddressInfo } from 'node:net';
import type { TcpAddress } from '../../model/address.ts';
import { type BindGiven, type Bound, closeServer, errorCode, listenOn } from './bind.ts';

/**
 * `localhost` means 127.0.0.1 and ::1, at the same port; `*` every address of both families; anything else itself.
 * Where the machine lacks a family, the other one will do. Rejects with the system's error, nothing left bound.
 */
export async function bindTcp(at: TcpAddress, given: BindGiven): Promise<Bound> {
  for (let tries = PORT_TRIES; ; tries -= 1) {
    try {
      return bound(at, await listenOnAll(at, given));
    } catch (error) {
      // The port that the first family was given may be taken in the other.
      if (!(at.port === 0 && errorCode(error) === 'EADDRINUSE' && tries > 1)) throw error;
    }
  }
}

const PORT_TRIES = 20;

type Host = { readonly host: string; readonly ipv6Only: boolean };

const V4: Host = { host: '127.0.0.1', ipv6Only: false };
const V6: Host = { host: '::1', ipv6Only: true };

async function listenOnAll({ host, port }: TcpAddress, given: BindGiven): Promise<Server[]> {
  if (host === '*')
    return [
      await listenOnFirst(
        [
          { host: '::', ipv6Only: false },
          { host: '0.0.0.0', ipv6Only: false },
        ],
        { port, given },
      ),
    ];
  if (host !== 'localhost') return [await listenOn({ host, port, ipv6Only: host.includes(':') }, given)];
  const first = await listenOnFirst([V4, V6], { port, given });
  if (isV6(first)) return [first];
  try {
    return [first, await listenOn({ ...V6, port: portOf(first) }, given)];
  } catch (error) {
    if (isFamilyMissing(error)) return [first];
    await closeServer(first);
    throw error;
  }
}

async function listenOnFirst(hosts: readonly [Host, Host], { port, given }: { port: number; given: BindGiven }): Promise<Server> {
  try {
    return await listenOn({ ...hosts[0], port }, given);
  } catch (error) {
    if (isFamilyMissing(error)) return listenOn({ ...hosts[1], port }, given);
    throw error;
  }
}

const isFamilyMissing = (error: unknown): boolean => ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(errorCode(error));

const infoOf = (server: Server): AddressInfo => server.address() as AddressInfo;
const portOf = (server: Server): number => infoOf(server).port;
const isV6 = (server: Server): boolean => infoOf(server).address.includes(':');

const bound = ({ host }: TcpAddress, servers: readonly [Server, ...Server[]] | Server[]): Bound => {
  const [first] = servers;
  if (first === undefined) throw new TypeError('nothing was bound');
  return {
    address: { host, port: portOf(first) },
    close: async () => void (await Promise.all(servers.map(closeServer))),
  };
};
