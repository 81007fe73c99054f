import { resolve } from 'node:path';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { type FileError, profileInvalid } from '../../profiles/file-error.ts';
import { loadProfile, profileNameOf } from '../../profiles/load-profile.ts';
import { type Context, defineCommand } from '../command.ts';
import { allProfiles, loadAll, pickProfiles } from '../profile-files.ts';

export const command = defineCommand({
  name: 'profiles validate',
  usage: ['profiles validate [name|file]...'],
  describe: 'Checks profiles, all of them without names, and shows every error with file, line and column. Changes nothing.',
  examples: [
    ['tunnels profiles validate', 'all profiles'],
    ['tunnels profiles validate ./db-prod.yaml', 'a file, before it is put in place'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { screen } = context;
    const checked = words.length === 0 ? await checkAll(context) : (await Promise.all(words.map((word) => check(word, context)))).flat();
    const invalid = checked.filter(({ errors }) => errors.length > 0);
    screen.show({
      document: () => ({ schemaVersion: SCHEMA_VERSION, valid: invalid.length === 0, profiles: checked }),
      text: () =>
        checked
          .filter(({ errors }) => errors.length === 0)
          .map(({ name }) => `${name} is valid`)
          .join('\n'),
    });
    for (const { name, errors } of invalid) screen.explain(profileInvalid(name, errors));
    return invalid.length === 0 ? EXIT.done : EXIT.usage;
  },
});

type Checked = { readonly name: string; readonly file: string; readonly errors: readonly FileError[] };

async function checkAll(context: Context): Promise<Checked[]> {
  const found = await allProfiles(context);
  const unusable = found.errors.map((error) => ({ name: profileNameOf(error.file), file: error.file, errors: [error] }));
  return [...(await loadAll(found.profiles, context)).map(shown), ...unusable];
}

/** A word with a slash or a profile's extension is a file, anything else a name, group or pattern. */
async function check(word: string, context: Context): Promise<Checked[]> {
  if (!/\/|\.(ya?ml|json)$/.test(word)) return (await pickProfiles([word], context)).map(shown);
  const file = resolve(context.cwd, word);
  const loaded = await loadProfile(file, { home: homeDirectory(context.env) });
  return [{ name: profileNameOf(file), file, errors: loaded.ok ? [] : loaded.error }];
}

const shown = ({ name, file, errors }: Checked): Checked => ({ name, file, errors });
