import { rmSync } from 'node:fs';
import { homeDirectory } from '../../platform/paths.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { sourceFolder } from '../../profiles/sources/state/places.ts';
import { emptySource } from '../../profiles/sources/state/snapshot.ts';
import { addSource, checkNewName, type TeamSource } from '../../profiles/sources/source-list.ts';
import { printSpec, readSpec } from '../../profiles/sources/spec.ts';
import { updateSource } from '../../profiles/sources/update.ts';
import { type Context, defineCommand } from '../command.ts';
import { count, shortId } from '../output/source-text.ts';
import { allProfiles, tell } from '../profile-files.ts';
import { sourceEntry, updateGiven } from '../team-sources.ts';

export const command = defineCommand({
  name: 'profiles add',
  usage: ['profiles add <name> <git-url[#ref][//folder] | https-url | folder>'],
  describe:
    "Adds a team's profiles: of a git repository, of one file on the web, or of a folder. They are fetched and shown; none is used before you have trusted it.",
  examples: [
    ['tunnels profiles add team git@github.com:acme/tunnels.git', 'a repository, fetched by git with its own login'],
    ['tunnels profiles add team https://git.acme.com/infra.git#main//tunnels', 'a branch, tag or commit, and a folder in it'],
    ['tunnels profiles add demo https://acme.com/tunnels/demo.yaml', 'one file'],
    ['tunnels profiles add shared /net/team/tunnels', 'a folder that others write too'],
  ],
  words: { least: 2, most: 2 },
  options: {},
  async run({ words: [name = '', text = ''] }, context) {
    const { paths, cwd, env, screen } = context;
    checkNewName(name, paths);
    const source = { name, spec: readSpec(text, { cwd, home: homeDirectory(env) }) };
    screen.say(`Fetching ${printSpec(source.spec)} ...`);
    await fetchFirst(source, context);
    const aside = await addSource(paths, source);
    if (aside !== null) screen.explain(aside);
    await show(source, context);
    return EXIT.done;
  },
});

/** Before it is added, so that one that cannot be fetched leaves nothing behind. */
async function fetchFirst(source: TeamSource, context: Context): Promise<void> {
  emptySource(context.paths, source.name);
  try {
    await updateSource(source, updateGiven(context));
  } catch (error) {
    rmSync(sourceFolder(context.paths, source.name), { recursive: true, force: true });
    throw error;
  }
}

async function show(source: TeamSource, context: Context): Promise<void> {
  const { screen } = context;
  const { profiles, errors } = await allProfiles(context);
  const own = profiles.filter((profile) => profile.source.team?.name === source.name);
  const shadowed = own.filter(({ shadowedBy }) => shadowedBy !== null);
  screen.show({
    document: () => ({
      schemaVersion: SCHEMA_VERSION,
      source: sourceEntry(source, context),
      profiles: own.map(({ name, file, shadowedBy }) => ({ name, file, shadowedBy })),
    }),
    text: () => own.map(({ name }) => name).join('\n'),
  });
  const id = own[0]?.source.team?.id ?? null;
  screen.say(`${source.name} is added with ${count(own.length, 'profile')}${id === null ? '' : `, as of ${shortId(id)}`}.`);
  for (const { name, shadowedBy } of shadowed) screen.say(`${screen.errInk.yellow('!')} ${name} is not used: ${shadowedBy} comes first.`);
  tell(
    errors.filter(({ file }) => file.startsWith(`${source.name}:`) || own.some((profile) => profile.source.directory === file)),
    context,
  );
  if (own.length > 0) screen.say('None is used before you trust it. See what one does, and accept it: tunnels profiles trust <name>');
}
