import { printAddress } from '../../model/address.ts';
import type { Profile } from '../../model/profile.ts';
import type { Teller } from './teller.ts';

export type Revival = { readonly hop: string; readonly since: number };

/** Nothing was lost, not one connection; it is told all the same, since users may have waited. */
export function tellRevival(teller: Teller, { forwards, hops }: Profile, { hop, since }: Revival): void {
  for (const { name, on, listen } of forwards) {
    if (on === 'local') continue;
    const episode = teller.begin({ forward: name, on: hops[on]?.host ?? '', listen: printAddress(listen) }, since);
    episode.judged('ours-live', `${hop} had stopped answering, and answered before a new connection got through.`);
    episode.did('revive', 'The old connection goes on; nothing was lost.');
    episode.end('bound', `${printAddress(listen)} was bound all the time.`);
  }
}
