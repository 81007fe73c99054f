import { EXIT } from '../../model/problems/entry.ts';
import { nameStandIns } from '../../model/stand-ins.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { problem, ProblemError, wordsOf } from '../../model/problem.ts';
import { profileInvalid } from '../../profiles/file-error.ts';
import { type Context, defineCommand } from '../command.ts';
import { wordsOfDeed } from '../../model/deeds/deed-words.ts';
import { warningsText } from '../output/deeds-text.ts';
import { profileText } from '../output/profile-text.ts';
import { deedsIn } from '../trust/view.ts';
import { resolvedDocument, resolvedText } from '../output/resolved-text.ts';
import { pickProfiles, type ProfileFile, valuesMissing } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles show',
  usage: ['profiles show <name> [--resolved]'],
  describe: 'Shows what one profile does and where it comes from, whether it is trusted or not.',
  examples: [
    ['tunnels profiles show db-prod', 'its hops and forwards'],
    ['tunnels profiles show db-prod --resolved', 'what comes of it, its bases and your changes, and where each value is written'],
  ],
  words: { least: 1, most: 1 },
  options: { resolved: { type: 'boolean', describe: 'print the outcome with the origin of every value' } },
  async run({ words: [name = ''], flags: { resolved } }, context) {
    const [file] = await pickProfiles([name], context);
    if (file === undefined) throw new ProblemError(problem('profile-not-found', { name, nearest: '' }));
    const loaded = file.loaded ?? file.open?.preview ?? null;
    if (loaded === null) throw new ProblemError(profileInvalid(file.name, file.errors));
    const standIns = file.open?.standIns ?? {};
    const deeds = deedsIn(loaded.document, standIns) ?? [];
    const plain = (): string =>
      [profileText(file, nameStandIns(loaded.profile, standIns)), warningsText(deeds, context.screen.ink)]
        .filter((text) => text !== '')
        .join('\n');
    context.screen.show({
      document: () => ({
        schemaVersion: SCHEMA_VERSION,
        profile: {
          name: file.name,
          file: file.file,
          source: file.source,
          trusted: file.trusted,
          sha256: loaded.sha256,
          document: nameStandIns(loaded.document, standIns),
          ...(file.open !== null && { missing: file.open.missing }),
          deeds: deeds.map((deed) => ({ ...deed, text: wordsOfDeed(deed) })),
          ...(resolved === true && { resolved: nameStandIns(resolvedDocument(loaded), standIns) }),
        },
      }),
      text: () => (resolved === true ? resolvedText({ file, loaded, settings: context.paths.config }) : plain()),
    });
    if (file.open !== null) tellMissing(file, context);
    return EXIT.done;
  },
});

/** To show it is no failure, so it is told like other remarks. */
function tellMissing(file: ProfileFile, { screen, paths }: Context): void {
  const { text, next } = wordsOf(valuesMissing([file], paths));
  screen.say(`${screen.errInk.yellow('!')} ${text}\n  ${screen.errInk.cyan('→')} ${next}`);
}
