import { rmSync } from 'node:fs';
import { problem, ProblemError } from '../../model/problem.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { sourceFolder } from '../../profiles/sources/state/places.ts';
import { emptySource } from '../../profiles/sources/state/snapshot.ts';
import { addSource, checkNewName, type TeamSource } from '../../profiles/sources/source-list.ts';
import { keepSigners } from '../../profiles/sources/signers/keep-signers.ts';
import { printSpec, readSpec } from '../../profiles/sources/spec.ts';
import { updateSource } from '../../profiles/sources/update.ts';
import { type Context, defineCommand } from '../command.ts';
import { count, shortId } from '../output/source-text.ts';
import { allProfiles, tell } from '../profile-files.ts';
import { sourceEntry, updateGiven } from '../team-sources.ts';

export const command = defineCommand({
  name: 'profiles add',
  usage: ['profiles add <name> <git-url[#ref][//folder] | https-url | folder> [--require-signed KEYS]'],
  describe:
    "Adds a team's profiles: of a git repository, of one file on the web, or of a folder. They are fetched and shown; none is used before you have trusted it.",
  examples: [
    ['tunnels profiles add team git@github.com:acme/tunnels.git', 'a repository, fetched by git with its own login'],
    ['tunnels profiles add team https://git.acme.com/infra.git#main//tunnels', 'a branch, tag or commit, and a folder in it'],
    ['tunnels profiles add demo https://acme.com/tunnels/demo.yaml', 'one file'],
    ['tunnels profiles add team git@github.com:acme/tunnels.git --require-signed allowed_signers', 'trusted by signature'],
    ['tunnels profiles add shared /net/team/tunnels', 'a folder that others write too'],
  ],
  words: { least: 2, most: 2 },
  options: {
    'require-signed': {
      type: 'string',
      requiresArg: true,
      describe: 'trust what one of these keys has signed, and take nothing else: an allowed_signers file, OpenPGP keys or fingerprints',
    },
  },
  async run({ words: [name = '', text = ''], flags }, context) {
    const { paths, cwd, env, screen } = context;
    checkNewName(name, paths);
    const spec = readSpec(text, { cwd, home: homeDirectory(env) });
    const keys = flags['require-signed'] ?? null;
    if (keys !== null && spec.kind !== 'git') throw new ProblemError(problem('options-clash', NOT_SIGNED));
    if (spec.kind !== 'folder') screen.say(`Fetching ${printSpec(spec)} ...`);
    const source = await fetchFirst({ name, spec }, { keys, context });
    const aside = await addSource(paths, source);
    if (aside !== null) screen.explain(aside);
    await show(source, context);
    return EXIT.done;
  },
});

const NOT_SIGNED = {
  one: '--require-signed',
  other: 'a file or a folder',
  instead: 'Only the commits of a git repository are signed. Share them by git, or leave it out.',
};

type First = { readonly keys: string | null; readonly context: Context };

/** Before it is added, so that one that cannot be fetched leaves nothing behind. */
async function fetchFirst(added: TeamSource, { keys, context }: First): Promise<TeamSource> {
  emptySource(context.paths, added.name);
  try {
    const source = keys === null ? added : { ...added, signers: await keepSigners(keys, { ...context, name: added.name }) };
    await updateSource(source, updateGiven(context));
    return source;
  } catch (error) {
    rmSync(sourceFolder(context.paths, added.name), { recursive: true, force: true });
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
  if (source.signers !== undefined) screen.say('They are trusted by their signature, and so is what one of its keys signs next.');
  else if (own.length > 0) screen.say('None is used before you trust it. See what one does, and accept it: tunnels profiles trust <name>');
}
