import { tunnels } from '../clients.ts';
import type { Place } from '../place.ts';
import { hold } from '../programs.ts';
import { type Cost, costOf } from './look.ts';

export type ConnectionsGrowth = {
  readonly costs: readonly Cost[];
  /** How many there were when a further one was not answered; null: all that were tried. */
  readonly limit: { readonly held: number; readonly said: string } | null;
};

/** Ever more open connections through one tunnel, until all sizes were there or one more is not to be had. */
export async function growConnections(place: Place, sizes: readonly number[]): Promise<ConnectionsGrowth> {
  const opened = await tunnels.open(place, [{ hops: 1 }]);
  const port = opened.ports[0]!;
  const costs: Cost[] = [];
  for (const size of sizes) {
    const logged = place.lab.bastion.log().length;
    const open = await hold(place.programs, port, size);
    if (open.held < size) return { costs, limit: { held: open.held, said: lastWords(place, logged) } };
    costs.push(await costOf(place, { size, port }));
    await open.stop();
  }
  return { costs, limit: null };
}

/** Of the server, about what went wrong. */
const lastWords = ({ lab }: Place, from: number): string =>
  lab.bastion
    .log()
    .slice(from)
    .split('\n')
    .filter((line) => /error|fatal|limit|too (big|many)|refused|fail/i.test(line))
    .at(-1)
    ?.trim() ?? 'nothing in the server’s log';
