import type { AddressInfo, Server } from 'node:net';
import type { TcpAddress } from '../../model/address.ts';
import { type BindGiven, type Bound, closeServer, errorCode, type Half, listenOn } from './bind.ts';

/**
 * `localhost` means 127.0.0.1 and ::1, at the same port; `*` every address of both families; anything else itself.
 * Where the machine lacks a family, the other one will do. Where another program has ::1, `half` says so: 127.0.0.1 is
 * what a profile's clients use, and the rest is taken when it is free. Rejects with the system's error, nothing left bound.
 */
export async function bindTcp(at: TcpAddress, given: BindGiven): Promise<Bound> {
  if (at.host !== 'localhost') return bound(at, [await listenOnOne(at, given)]);
  for (let tries = PORT_TRIES; ; tries -= 1) {
    const made = await bindLocalhost(at, given);
    // The port that the first family was given may be taken in the other; another one will do as well.
    if (!(at.port === 0 && made.half !== undefined && tries > 1)) return made;
    await made.close();
  }
}

const PORT_TRIES = 20;

type Host = { readonly host: string; readonly ipv6Only: boolean };

const V4: Host = { host: '127.0.0.1', ipv6Only: false };
const V6: Host = { host: '::1', ipv6Only: true };
const ALL: readonly [Host, Host] = [
  { host: '::', ipv6Only: false },
  { host: '0.0.0.0', ipv6Only: false },
];

const listenOnOne = ({ host, port }: TcpAddress, given: BindGiven): Promise<Server> =>
  host === '*' ? listenOnFirst(ALL, { port, given }) : listenOn({ host, port, ipv6Only: host.includes(':') }, given);

async function bindLocalhost(at: TcpAddress, given: BindGiven): Promise<Bound> {
  const first = await listenOnFirst([V4, V6], { port: at.port, given });
  if (isV6(first)) return bound(at, [first]);
  const port = portOf(first);
  try {
    return bound(at, [first, await listenOn({ ...V6, port }, given)]);
  } catch (error) {
    if (isFamilyMissing(error)) return bound(at, [first]);
    if (errorCode(error) === 'EADDRINUSE') return halfBound(at, first, given);
    await closeServer(first);
    throw error;
  }
}

function halfBound(at: TcpAddress, first: Server, given: BindGiven): Bound {
  const port = portOf(first);
  const servers = [first];
  let isOpen = true;
  const complete = async (): Promise<boolean> => {
    const second = await listenOn({ ...V6, port }, given).catch(() => null);
    if (second === null) return false;
    if (isOpen) servers.push(second);
    else await closeServer(second);
    return isOpen;
  };
  const half: Half = { bound: { host: V4.host, port }, missing: { host: V6.host, port }, complete };
  const whole = bound(at, servers);
  const close = (): Promise<void> => {
    isOpen = false;
    return whole.close();
  };
  return { ...whole, half, close };
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

/** Closes also what joins `servers` later. */
const bound = ({ host }: TcpAddress, servers: readonly Server[]): Bound => {
  const [first] = servers;
  if (first === undefined) throw new TypeError('nothing was bound');
  return {
    address: { host, port: portOf(first) },
    close: async () => void (await Promise.all(servers.map(closeServer))),
  };
};
