import { resolve } from 'node:path';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { createReader } from '../../profiles/compose/reader.ts';
import { type FileError, profileInvalid, sortErrors } from '../../profiles/file-error.ts';
import { profileErrors, profileNameOf } from '../../profiles/load-profile.ts';
import { strangeProfiles } from '../../profiles/overlay/apply-overlay.ts';
import { overlayFile, readOverlay } from '../../profiles/overlay/read-overlay.ts';
import { scopeOf } from '../../profiles/source.ts';
import { type Context, defineCommand } from '../command.ts';
import { allProfiles, loadAll, pickProfiles, type ProfileFile, tell } from '../profile-files.ts';

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
  const names = found.profiles.map(({ name }) => name);
  const own = await readOverlay(context.paths.config);
  if (own.ok) tell(strangeProfiles(own.value, names), context);
  return [...(await checkEach(await loadAll(found.profiles, context), context)), ...unusable];
}

/** A word with a slash or a profile's extension is a file, anything else a name, group or pattern. */
async function check(word: string, context: Context): Promise<Checked[]> {
  if (!/\/|\.(ya?ml|json)$/.test(word)) return await checkEach(await pickProfiles([word], context), context);
  const file = resolve(context.cwd, word);
  return [{ name: profileNameOf(file), file, errors: await profileErrors(file, { home: homeDirectory(context.env) }) }];
}

/** What is wrong for everybody, and beside it what the person's own changes make wrong. */
async function checkEach(files: readonly ProfileFile[], { env, paths }: Context): Promise<Checked[]> {
  const [read, own] = [createReader(), overlayFile(paths.config)];
  return await Promise.all(
    files.map(async ({ name, file, source, errors }) => {
      const shared = await profileErrors(file, { home: homeDirectory(env), scope: scopeOf(source), read });
      return { name, file, errors: sortErrors([...shared, ...errors.filter((error) => error.file === own)]) };
    }),
  );
}
