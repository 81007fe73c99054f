import { rmSync } from 'node:fs';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { sourceFolder } from '../../profiles/sources/state/places.ts';
import { dropSource, findSource } from '../../profiles/sources/source-list.ts';
import { forgetSource } from '../approvals.ts';
import { defineCommand } from '../command.ts';
import { count } from '../output/source-text.ts';
import { allProfiles } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles remove',
  usage: ['profiles remove <name>'],
  describe: "Removes a team's source with what was fetched of it and the trust in its profiles. Tunnels that are up stay up.",
  examples: [['tunnels profiles remove team', 'the source that was added as team']],
  words: { least: 1, most: 1 },
  options: {},
  async run({ words: [name = ''] }, context) {
    const { paths, screen } = context;
    const source = findSource(paths, name);
    const { profiles } = await allProfiles(context);
    const own = profiles.filter((profile) => profile.source.team?.name === name);
    // Out of the list first: what a crash leaves behind then is never read, and is cleared when the name is added again.
    const asides = [await dropSource(paths, name), ...(await forgetSource(paths, source))];
    for (const aside of asides) if (aside !== null) screen.explain(aside);
    rmSync(sourceFolder(paths, name), { recursive: true, force: true });
    screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, removed: source }), text: () => '' });
    screen.say(`${name} is removed with its ${count(own.length, 'profile')}. Tunnels that are up stay up.`);
    return EXIT.done;
  },
});
