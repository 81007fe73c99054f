import { readFileSync } from 'node:fs';
import { freePort } from '../support/free-port.ts';
import { type Lab, makeLab } from '../support/lab.ts';
import { makeNetwork, type Network } from '../support/namespaces.ts';
import { openssh10 } from '../support/openssh10.ts';
import type { SshdOptions } from '../support/sshd.ts';

/** A client, a router and a server with a real sshd, and the port there that is to be bound. */
export type Place = { readonly network: Network; readonly lab: Lab; readonly port: number; readonly fallback: number };

export type PlaceOptions = {
  /** Lines of the server's sshd_config. */
  readonly sshd?: readonly string[];
  /** The client lies behind an address translator. */
  readonly nat?: boolean;
};

export async function makePlace({ sshd = [], nat = false }: PlaceOptions): Promise<Place> {
  const network = await makeNetwork();
  if (nat) await network.nat('on');
  const there = { netns: network.names.server, listen: network.addresses.server };
  const { config = [], ...program } = await chosenSshd();
  const bastion = { ...there, ...program, config: [...config, ...sshd] };
  const lab = await makeLab({ bastion, far: there, netns: network.names.client });
  return { network, lab, port: await freePort(), fallback: await freePort() };
}

/** The sshd of OpenSSH 10 in place of the system's own. */
export const IS_OPENSSH_10 = process.env['SSHD'] === '10';

async function chosenSshd(): Promise<Pick<SshdOptions, 'binary' | 'config'>> {
  if (!IS_OPENSSH_10) return {};
  const found = await openssh10({ isRequired: true });
  return found === null ? {} : { binary: found.binary, config: found.config };
}

export async function endPlace({ network, lab }: Place): Promise<void> {
  await lab.dispose();
  network.dispose();
}

/** What the server's own socket table says; nothing is ever connected to, since that changes what is measured. */
export type Seen = {
  /** The inode of the socket that listens on the port; null: free. */
  readonly listener: string | null;
  /** The clients' ends of the SSH connections that are established. */
  readonly clients: ReadonlySet<string>;
};

export function look({ lab }: Place, port: number): Seen {
  const rows = readFileSync(`/proc/${lab.bastion.pid()}/net/tcp`, 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  // proc_pid_net_tcp(5): local and remote address, the state (0A listens, 01 is established), ..., the inode.
  const listener = rows.find(([, local, , state]) => local?.endsWith(hex(port)) && state === '0A')?.[9] ?? null;
  const established = rows.filter(([, local, , state]) => local?.endsWith(hex(lab.bastion.port)) && state === '01');
  return { listener, clients: new Set(established.map(([, , remote = '']) => remote)) };
}

const hex = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`;

/** Whether every session's connection has received something in the last so many ms (`lastrcv` of ss(8)). */
export async function heardSince({ network, lab }: Place, ms: number): Promise<boolean> {
  const ss = await network.exec('server', ['ss', '-tinH', 'state', 'established', `( sport = :${lab.bastion.port} )`]);
  const ages = [...ss.stdout.matchAll(/lastrcv:(\d+)/g)].map((match) => Number(match[1]));
  return ages.length > 0 && ages.every((age) => age < ms);
}

/** Whether who connects to the port on the server is greeted by what lies behind the client. Only for a port that is alive. */
export async function greets({ network }: Place, port: number): Promise<boolean> {
  const greeting = await network.exec('server', ['sh', '-c', `nc -w 40 127.0.0.1 ${port} </dev/null | head -c 3`]);
  return greeting.stdout === 'SSH';
}
