import { printHostPort } from '../../model/address.ts';
import { printBytes } from '../../model/byte-size.ts';
import type { DataPathWord, HopSnapshot, Memory, Snapshot, TunnelSnapshot } from '../../model/snapshot.ts';
import type { Ink } from './screen.ts';

/** For --verbose: each tunnel's connections and what they hold, and once what all of them take of which limit. */
export function statusDetails({ supervisor, tunnels }: Snapshot, ink: Ink): string {
  const hops = tunnels.flatMap((tunnel) => [
    ...tunnel.hops.flatMap((hop) => [`${ink.bold(tunnel.name)} → ${placeOf(hop)}`, ...hopLines(hop)]),
    ...ownLines(tunnel),
  ]);
  const memory = supervisor?.memory === undefined ? [] : memoryLines(supervisor.memory);
  return [...hops, ...memory].join('\n');
}

const ownLines = ({ name, ownConnection: own }: TunnelSnapshot): string[] =>
  own === undefined ? [] : [`${name} moves much and has an SSH connection of its own: ${own.connections} open over it`];

const placeOf = ({ user, host, port }: HopSnapshot): string => `${user === '' ? '' : `${user}@`}${printHostPort(host, port)}`;

function hopLines({ state, rttMs, cipher, data }: HopSnapshot): string[] {
  const path = data === undefined ? [] : [PATHS[data.path]];
  const first = [state, ...(rttMs === null ? [] : [`${Number(rttMs.toFixed(1))} ms`]), ...(cipher === undefined ? [] : [cipher]), ...path];
  return [first.join(', '), ...(data === undefined ? [] : [held(data)])].map((line) => `  ${line}`);
}

const PATHS: Record<DataPathWord, string> = {
  own: 'fast data path',
  'own-channels': 'data path without native parts',
  ssh2: "ssh2's own data path",
};

const held = ({ channels, windows, queued }: NonNullable<HopSnapshot['data']>): string =>
  `${channels} ${channels === 1 ? 'channel' : 'channels'} open, windows ${printBytes(windows)}, ${printBytes(queued)} queued`;

const memoryLines = ({ resident, windows, queued, limits }: Memory): string[] => [
  `The supervisor takes ${printBytes(resident)} of memory, ${printBytes(queued)} of it queued.`,
  limits === null
    ? `  windows ${printBytes(windows)}, of a fixed size for each channel`
    : `  windows ${printBytes(windows)} of ${printBytes(limits.supervisor)}; a connection ${printBytes(limits.link)}, a channel ${printBytes(limits.channel)}`,
];
