import { freePort } from '../../../support/free-port.ts';
import { timed } from '../../measure.ts';
import { writeProfile } from '../clients.ts';
import type { Place } from '../place.ts';
import { type Cost, costOf } from './look.ts';

/** Whether the tunnels take one connection together, as those of one hop do, or each its own, as to different hosts. */
export type Sharing = 'one connection' | 'a connection each';

export type TunnelsCost = Cost & {
  /** Of `tunnels up` of those that were added since the size before. */
  readonly upSeconds: number;
};

const AT_ONCE = 25;

/** Ever more idle tunnels with one local forward each. */
export async function growTunnels(place: Place, sharing: Sharing, sizes: readonly number[]): Promise<TunnelsCost[]> {
  const port = await freePort();
  const costs: TunnelsCost[] = [];
  let there = 0;
  for (const size of sizes) {
    const more = Array.from({ length: size - there }, (_, index) => there + index);
    for (const n of more)
      writeProfile(place, { hops: 1, name: nameOf(n), port: n === 0 ? port : 0, ...(sharing === 'a connection each' && { own: n }) });
    const upMs = await timed(() => bringUp(place, more));
    costs.push({ ...(await costOf(place, { size, port })), upSeconds: upMs / 1000 });
    there = size;
  }
  return costs;
}

async function bringUp(place: Place, which: readonly number[]): Promise<void> {
  for (let at = 0; at < which.length; at += AT_ONCE) await checked(place, ['up', ...which.slice(at, at + AT_ONCE).map(nameOf)]);
}

const nameOf = (n: number): string => `grow${n}`;

async function checked({ lab }: Place, args: readonly string[]): Promise<void> {
  const { code, stderr } = await lab.cli.run(args);
  if (code !== 0) throw new Error(`tunnels ${args.slice(0, 2).join(' ')} ...: ${stderr}`);
}
