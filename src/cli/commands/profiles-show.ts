import { printAddress } from '../../model/address.ts';
import { type Forward, type Hop, type Place, printHop, type Profile } from '../../model/profile.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { profileInvalid } from '../../profiles/file-error.ts';
import { defineCommand } from '../command.ts';
import { oneLine } from '../output/plain-text.ts';
import { table } from '../output/table.ts';
import { pickProfiles, type ProfileFile } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles show',
  usage: ['profiles show <name>'],
  describe: 'Shows what one profile does and where it comes from, whether it is trusted or not.',
  examples: [['tunnels profiles show db-prod', 'its hops and forwards']],
  words: { least: 1, most: 1 },
  options: {},
  async run({ words: [name = ''] }, context) {
    const [file] = await pickProfiles([name], context);
    if (file === undefined) throw new ProblemError(problem('profile-not-found', { name, nearest: '' }));
    const { loaded } = file;
    if (loaded === null) throw new ProblemError(profileInvalid(file.name, file.errors));
    context.screen.show({
      document: () => ({
        schemaVersion: SCHEMA_VERSION,
        profile: {
          name: file.name,
          file: file.file,
          source: file.source,
          trusted: file.trusted,
          sha256: loaded.sha256,
          document: loaded.document,
        },
      }),
      text: () => textOf(file, loaded.profile),
    });
    return EXIT.done;
  },
});

const textOf = (file: ProfileFile, profile: Profile): string =>
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
