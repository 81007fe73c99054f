import { printAddress } from '../../model/address.ts';
import { type Forward, type Hop, type Place, printHop, type Profile } from '../../model/profile.ts';
import type { ProfileFile } from '../profile-files.ts';
import { oneLine } from './plain-text.ts';
import { table } from './table.ts';

/** What a profile does, and whether it may. */
export const profileText = (file: ProfileFile, profile: Profile): string =>
  [
    table([
      ['name', profile.name],
      ...(profile.description === null ? [] : [['about', oneLine(profile.description)]]),
      ...(profile.groups.length === 0 ? [] : [['groups', profile.groups.join(', ')]]),
      ['file', file.file],
      ['trust', file.trusted ? 'given' : 'not given'],
      ['hops', profile.hops.map(printHop).join(' → ')],
    ]),
    table(profile.forwards.map((forward) => ['forward', forward.name, forwardText(forward, profile.hops)])),
  ].join('\n');

function forwardText({ on, listen, from, to }: Forward, hops: readonly Hop[]): string {
  const target = to === null ? 'SOCKS' : printAddress(to);
  return `${placeText(on, hops)} ${printAddress(listen)} → ${target}, reached from ${placeText(from, hops)}`;
}

const placeText = (place: Place, hops: readonly Hop[]): string => (place === 'local' ? 'here' : (hops[place]?.host ?? ''));
