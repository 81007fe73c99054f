import { problem, ProblemError } from '../../model/problem.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { wordsOfRemark } from '../../model/remark.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { ownForwards } from '../../profiles/export/own-forwards.ts';
import { sshLines } from '../../profiles/export/ssh-lines.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { defineCommand } from '../command.ts';
import { checkedProfiles, pickProfiles } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles export',
  usage: ['profiles export <name> --ssh'],
  describe:
    'Prints the plain ssh command line that does what a profile does, and says what ssh cannot do. A profile of a repository has to be trusted first: the line is there to be run.',
  examples: [
    ['tunnels profiles export db-prod --ssh', 'for a machine without tunnels'],
    ['tunnels profiles export db-prod --ssh --json', 'the same as words, for a script'],
  ],
  words: { least: 1, most: 1 },
  options: { ssh: { type: 'boolean', describe: 'as a command line of ssh' } },
  async run({ words: [name = ''], flags }, context) {
    if (!flags.ssh) throw new ProblemError(problem('export-form-missing', { name }));
    const { screen } = context;
    const [loaded] = checkedProfiles(await pickProfiles([name], context), context);
    if (loaded === undefined) throw new ProblemError(problem('profile-not-found', { name, nearest: '' }));
    const { lines, notes: unsaid } = sshLines(loaded.profile);
    const notes = [...unsaid, ...(await ownForwards(loaded.profile, { cwd: context.cwd, home: homeDirectory(context.env) }))];
    screen.show({
      document: () => ({
        schemaVersion: SCHEMA_VERSION,
        name: loaded.profile.name,
        lines,
        notes: notes.map((note) => ({ code: note.code, text: wordsOfRemark(note) })),
      }),
      text: () => lines.map(({ line }) => line).join('\n'),
    });
    for (const note of notes) screen.say(`${screen.errInk.yellow('!')} ${wordsOfRemark(note)}`);
    if (lines.length === 0) screen.explain(problem('export-nothing', { name }));
    return lines.length === 0 ? EXIT.failed : EXIT.done;
  },
});
