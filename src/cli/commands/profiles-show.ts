import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { profileInvalid } from '../../profiles/file-error.ts';
import { defineCommand } from '../command.ts';
import { profileText } from '../output/profile-text.ts';
import { pickProfiles } from '../profile-files.ts';

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
      text: () => profileText(file, loaded.profile),
    });
    return EXIT.done;
  },
});
