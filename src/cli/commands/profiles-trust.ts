import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { approvalKey } from '../../profiles/source.ts';
import { approve } from '../approvals.ts';
import { defineCommand } from '../command.ts';
import { profileText } from '../output/profile-text.ts';
import { checkFiles, pickProfiles, type ProfileFile } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles trust',
  usage: ['profiles trust <name>...'],
  describe: "Shows what a repository's profiles do and lets them be brought up as they are now. After any change they need it again.",
  examples: [['tunnels profiles trust db-prod', 'after reading what it shows']],
  words: { least: 1, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { screen, paths } = context;
    const files = await pickProfiles(words, context);
    const loaded = checkFiles(files);
    const aside = await approve(
      paths,
      files.flatMap((file) => (file.loaded === null ? [] : [{ file: approvalKey(file), sha256: file.loaded.sha256 }])),
    );
    if (aside !== null) screen.explain(aside);
    screen.show({
      document: () => ({
        schemaVersion: SCHEMA_VERSION,
        trusted: loaded.map(({ file, sha256, document }) => ({ file, sha256, document })),
      }),
      text: () => files.map((file) => textOf(file)).join('\n\n'),
    });
    return EXIT.done;
  },
});

const textOf = (file: ProfileFile): string => (file.loaded === null ? '' : profileText({ ...file, trusted: true }, file.loaded.profile));
