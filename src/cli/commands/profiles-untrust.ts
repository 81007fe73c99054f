import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { disapprove } from '../approvals.ts';
import { type Context, defineCommand } from '../command.ts';
import { pickProfiles, type ProfileFile } from '../profile-files.ts';
import { runningOf } from '../trust/running.ts';

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
    for (const aside of asides) screen.explain(aside);
    const running = await runningOf(picked, context);
    screen.show({
      document: () => ({ schemaVersion: SCHEMA_VERSION, untrusted: picked.map(({ file }) => file), running }),
      text: () => '',
    });
    for (const file of picked) tellOutcome(file, context);
    if (running.length > 0)
      screen.say(`${running.join(', ')} stays up with what you trusted before, until it is taken down: tunnels down ${running.join(' ')}`);
    return EXIT.done;
  },
});

/** A file whose trust was given for what it said before was not trusted as it is, and is not any more as it was. */
function tellOutcome({ name, source }: ProfileFile, { screen }: Context): void {
  const text = source.needsTrust
    ? 'not trusted any more; it cannot be brought up before it is trusted again.'
    : 'your own profile, which needs no trust; nothing was changed.';
  screen.say(`${name}: ${text}`);
}
