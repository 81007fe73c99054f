import { join, resolve } from 'node:path';
import type { Profile } from '../../model/profile.ts';
import { type Remark, remark } from '../../model/remark.ts';
import { printSpot } from '../file-error.ts';
import { ConfigLines } from '../import/config-lines.ts';
import type { Directories } from '../import/imported.ts';
import { isForward, keyOf, type Setting } from '../import/setting.ts';
import { splitForwards } from './split-forwards.ts';

const MOST_NAMED = 3;

/**
 * The forwards that ssh_config(5) has for the hosts to which the lines lead. A tunnel takes none of them; ssh opens them as
 * well, and has no option that leaves them out and keeps those of its command line (ClearAllForwardings clears both).
 */
export async function ownForwards(profile: Profile, from: Directories): Promise<Remark[]> {
  const far = new Set(splitForwards(profile).flags.map(({ hop }) => profile.hops[hop]?.host ?? ''));
  const found = await Promise.all([...far].map(async (host) => ({ host, places: placesOf(await forwardsFor(host, profile, from)) })));
  return found.filter(({ places }) => places !== '').map((facts) => remark('export-own-forwards', facts));
}

/** What cannot be read has nothing to tell: ssh itself says so. */
async function forwardsFor(host: string, { ssh }: Profile, { cwd, home }: Directories): Promise<Setting[]> {
  const lines = new ConfigLines({ host, home });
  const files = ssh.configFile === null ? [join(home, '.ssh', 'config'), '/etc/ssh/ssh_config'] : [resolve(cwd, ssh.configFile)];
  for (const file of files) await lines.read(file, { required: false });
  return lines.settings.filter((setting) => isForward(keyOf(setting)));
}

function placesOf(settings: readonly Setting[]): string {
  const places = settings.flatMap(({ at }) => (at === null ? [] : [printSpot(at)]));
  const more = places.length - MOST_NAMED;
  return [...places.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
