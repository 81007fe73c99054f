import { freePort } from '../../../support/free-port.ts';
import { timed } from '../../measure.ts';
import type { Place } from '../place.ts';
import { type Cost, costOf } from './look.ts';

/** Whether the tunnels take one connection together, as those of one hop do, or each its own, as to different hosts. */
export type Sharing = 'one connection' | 'a connection each';

export type TunnelsCost = Cost & {
  /** Of `tunnels up` of those that were added since the size before. */
  readonly upSeconds: number;
};

const AT_ONCE = 25;

/** Ever more idle tunnels with one local forward each; the servers must listen on all of 127.0.0.0/8. */
export async function growTunnels(place: Place, sharing: Sharing, sizes: readonly number[]): Promise<TunnelsCost[]> {
  const port = await freePort();
  const costs: TunnelsCost[] = [];
  let there = 0;
  await place.lab.cli.run(['supervisor', 'restart']);
  for (const size of sizes) {
    const more = Array.from({ length: size - there }, (_, index) => there + index);
    for (const n of more) writeProfile(place, { n, sharing, port: n === 0 ? port : 0 });
    const upMs = await timed(() => bringUp(place, more));
    costs.push({ ...(await costOf(place, { size, port })), upSeconds: upMs / 1000 });
    there = size;
  }
  await checked(place, ['down', '--all']);
  return costs;
}

async function bringUp(place: Place, which: readonly number[]): Promise<void> {
  for (let at = 0; at < which.length; at += AT_ONCE) await checked(place, ['up', ...which.slice(at, at + AT_ONCE).map(nameOf)]);
}

type Tunnel = { readonly n: number; readonly sharing: Sharing; readonly port: number };

function writeProfile({ lab, target }: Place, { n, sharing, port }: Tunnel): void {
  // 127.1.0.1, 127.1.0.2 ...: hosts of their own to whoever dials them.
  const host = sharing === 'one connection' ? '127.0.0.1' : `127.1.${Math.floor(n / 250)}.${(n % 250) + 1}`;
  const { bastion, key } = lab;
  const hop = `{ host: ${host}, port: ${bastion.port}, user: ${bastion.user}, identity: ${key.path}, hostKey: "${bastion.hostKey.fingerprint}" }`;
  lab.profile(nameOf(n), [`{ local: ${port}, to: "127.0.0.1:${target.port}" }`], { hops: `hops:\n  - ${hop}\n` });
}

const nameOf = (n: number): string => `grow${n}`;

async function checked({ lab }: Place, args: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.cli.run(args);
  if (code !== 0) throw new Error(`tunnels ${args.slice(0, 2).join(' ')} ...: ${stderr}`);
}
