import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { disapprove } from '../approvals.ts';
import { defineCommand } from '../command.ts';
import { pickProfiles } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles untrust',
  usage: ['profiles untrust <name>...'],
  describe: 'Takes trust back: the profiles cannot be brought up any more. Tunnels that are up stay up.',
  examples: [['tunnels profiles untrust db-prod', 'until it is trusted again']],
  words: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { screen, paths } = context;
    const picked = await pickProfiles(words, context);
    const asides = await disapprove(paths, picked);
    const files = picked.map(({ file }) => file);
    for (const aside of asides) screen.explain(aside);
    screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, untrusted: files }), text: () => '' });
    return EXIT.done;
  },
});
