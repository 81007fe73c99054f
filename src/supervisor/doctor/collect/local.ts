import { addressesOf, isWildcard } from '../../../decide/same-port.ts';
import { type Address, isSocket, printAddress, type TcpAddress } from '../../../model/address.ts';
import type { Forward, Profile } from '../../../model/profile.ts';
import type { TunnelSnapshot } from '../../../model/snapshot.ts';
import { holderOf } from '../../../platform/port-holder.ts';
import { plainHost, type TcpRow } from '../../../platform/proc-net.ts';
import { rowsOnPort } from '../../../platform/ports.ts';
import type { LocalFacts, MachineFacts } from '../facts.ts';

type Given = { readonly profile: Profile; readonly tunnels: readonly TunnelSnapshot[]; readonly machine: MachineFacts };

/** One local forward: who listens there, and what else uses the port. Connects to nothing. */
export async function localFacts(forward: Forward, { profile, tunnels, machine }: Given): Promise<LocalFacts> {
  const { listen } = forward;
  const fixed = {
    subject: `${profile.name} ${forward.name} (${printAddress(listen)})`,
    tunnel: profile.name,
    listen,
    listener: listenerAt(listen, { tunnels, prefer: profile.name }),
    machine,
  };
  if (isSocket(listen)) {
    const holder = await holderOf(listen.path);
    return { ...fixed, holder, isHeld: holder !== null, connections: [] };
  }
  if (listen.port === 0) return { ...fixed, holder: null, isHeld: false, connections: [] };
  const [rows, holder] = await Promise.all([rowsOnPort(listen.port), holderOf(listen.port)]);
  const isHeld = rows === null ? holder !== null : rows.some((row) => row.state === 'LISTEN' && isInTheWay(row, listen));
  return { ...fixed, holder: isHeld ? holder : null, isHeld, connections: (rows ?? []).filter((row) => row.state !== 'LISTEN') };
}

/** The tunnel of this supervisor that listens there now. */
function listenerAt(listen: Address, { tunnels, prefer }: { tunnels: readonly TunnelSnapshot[]; prefer: string }): string | null {
  const names = tunnels.filter((tunnel) => tunnel.forwards.some((each) => listensAt(each, listen))).map(({ name }) => name);
  return names.includes(prefer) ? prefer : (names[0] ?? null);
}

function listensAt({ on, state, listen: at }: TunnelSnapshot['forwards'][number], listen: Address): boolean {
  if (on !== 'local' || state !== 'listening') return false;
  if (isSocket(at) || isSocket(listen)) return isSocket(at) && isSocket(listen) && at.path === listen.path;
  return listen.port !== 0 && at.port === listen.port;
}

/** Independent addresses, such as ::1 and 127.0.0.1, may have the same port. */
export function isInTheWay({ local }: TcpRow, { host }: TcpAddress): boolean {
  const held = plainHost(local.host) ?? local.host;
  const wanted = addressesOf(host);
  if (held === '::' || isWildcard(host) || wanted === null) return true;
  return wanted.some((each) => each === held || (held === '0.0.0.0' && !each.includes(':')));
}
