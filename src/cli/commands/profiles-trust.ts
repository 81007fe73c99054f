import { wordsOfDeed } from '../../model/deeds/deed-words.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { nameStandIns } from '../../model/stand-ins.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import type { FoundProfiles } from '../../profiles/find-profiles.ts';
import { pendingOf } from '../../profiles/sources/pins.ts';
import { findSource } from '../../profiles/sources/source-list.ts';
import { approve, readApproved, readStanding, type Standing } from '../approvals.ts';
import { type Context, defineCommand } from '../command.ts';
import { viewsText } from '../output/deeds-text.ts';
import { moveText, shortId } from '../output/source-text.ts';
import { allProfiles, checkFiles, loadAll, pickAmong, type ProfileFile, tell } from '../profile-files.ts';
import { applyToRunning } from '../reload-tunnels.ts';
import { confirmTrust } from '../trust/confirm.ts';
import { leftBehind, move, type Move, movesOf } from '../trust/updates.ts';
import { type View, viewOf } from '../trust/view.ts';

export const command = defineCommand({
  name: 'profiles trust',
  usage: ['profiles trust <name>... [--yes]', 'profiles trust --source <source> [--yes]', 'profiles trust --all [--yes]'],
  describe:
    'Shows what profiles of others do, or what has changed since you trusted them, and asks whether they may. After any change they need it again. An update of a source is in use once it is trusted.',
  examples: [
    ['tunnels profiles trust db-prod', 'shows it, and asks'],
    ['tunnels profiles trust --all', 'all that wait for it; what has changed in several of them is shown once'],
    ['tunnels profiles trust --source team', 'all of one source, with its update'],
    ['tunnels profiles trust db-prod --yes', 'for a script that has compared what it trusts'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    yes: { type: 'boolean', alias: 'y', describe: 'do not ask' },
    all: { type: 'boolean', describe: 'every profile that is not trusted as it is' },
    source: { type: 'string', describe: 'the profiles of this source', requiresArg: true },
  },
  async run({ words, flags: { yes, source, all } }, context) {
    // Before anything is read, so that what happens from here on is noticed.
    const seen = readStanding(context.paths);
    const files = await pick(words, { source: source ?? null, all: all === true }, context);
    checkFiles(files);
    const views = viewsOf(
      files.filter((file) => file.source.needsTrust),
      context,
    );
    const moves = movesOf(files, context);
    const open = views.filter(({ file }) => !file.trusted);
    const isAsked = open.length + moves.length > 0;
    tellViews(isAsked ? views : [], context);
    if (!isAsked) context.screen.say(alreadyText(files));
    await tellMoves(moves, files, context);
    if (isAsked && yes !== true)
      await confirmTrust(
        views.map(({ file }) => file.name),
        context,
      );
    await keep({ views, moves, seen }, context);
    // Whoever was asked would otherwise see nothing where no tunnel of it runs.
    if (isAsked && yes !== true) context.screen.say(`Trusted as shown: ${views.map(({ file }) => file.name).join(', ')}`);
    await applyToRunning(context);
    if (context.screen.mode.json) context.screen.show({ document: () => documentOf(views, moves), text: () => '' });
    return EXIT.done;
  },
});

const alreadyText = (files: readonly ProfileFile[]): string =>
  files.length === 0 ? 'No profile waits to be trusted.' : `${files.map(({ name }) => name).join(', ')}: trusted as it is already.`;

type Asked = { readonly source: string | null; readonly all: boolean };

async function pick(words: readonly string[], { source, all }: Asked, context: Context): Promise<ProfileFile[]> {
  const found = await allProfiles(context, 'newest');
  if (all && (words.length > 0 || source !== null))
    throw new ProblemError(problem('option-needs-words', { command: 'profiles trust', option: '--all' }));
  if (all) return await waiting(found, context);
  if (source === null && words.length === 0)
    throw new ProblemError(problem('words-missing', { command: 'profiles trust', usage: 'profiles trust <name>...' }));
  if (source === null) return await pickAmong(found, words, context);
  const { name } = findSource(context.paths, source);
  const own = { ...found, profiles: found.profiles.filter(({ source: { team } }) => team?.name === name) };
  return words.length > 0 ? await pickAmong(own, words, context) : readable(await loadAll(own.profiles, context), context);
}

async function waiting({ profiles, errors }: FoundProfiles, context: Context): Promise<ProfileFile[]> {
  const used = profiles.filter(({ shadowedBy, source }) => shadowedBy === null && source.needsTrust);
  tell(errors, context);
  return readable(
    (await loadAll(used, context)).filter(({ trusted }) => !trusted),
    context,
  );
}

/** One with errors waits for something else, which is told, and keeps no other from being trusted. */
function readable(files: readonly ProfileFile[], context: Context): ProfileFile[] {
  const isReadable = ({ loaded, open }: ProfileFile): boolean => loaded !== null || open !== null;
  tell(
    files.filter((file) => !isReadable(file)).flatMap((file) => file.errors),
    context,
  );
  return files.filter(isReadable);
}

function viewsOf(files: readonly ProfileFile[], { paths }: Context): View[] {
  const approved = readApproved(paths);
  return files.flatMap((file) => viewOf(file, approved(file)) ?? []);
}

/** To the terminal of the person who is asked, also where stdout goes elsewhere. */
function tellViews(views: readonly View[], { screen, keyboard }: Context): void {
  const toStderr = keyboard !== null && !screen.stdoutIsTerminal;
  const text = viewsText(views, toStderr ? screen.errInk : screen.ink);
  if (toStderr) screen.complain(text);
  else screen.print(text);
}

async function tellMoves(moves: readonly Move[], files: readonly ProfileFile[], context: Context): Promise<void> {
  const { screen } = context;
  for (const { name, id, from } of moves) {
    const way = pendingOf(context.paths, { name })?.way ?? null;
    const mark = way === null || way.follows === 'yes' ? '' : `${screen.errInk.yellow('!')} `;
    if (from !== null) screen.say(`${mark}With it ${name} moves from ${shortId(from)} to ${moveText(id, way)}.`);
  }
  const others = await leftBehind(files, moves, context);
  if (others.length > 0)
    screen.say(
      `${screen.errInk.yellow('!')} The update changes these too, which you trust until now and then have to look at: ${others.join(', ')}`,
    );
}

type Accepted = { readonly views: readonly View[]; readonly moves: readonly Move[]; readonly seen: Standing };

async function keep({ views, moves, seen }: Accepted, context: Context): Promise<void> {
  const approvals = views.map(({ file, loaded, document, standIns }) => ({
    profile: file,
    sha256: loaded.sha256,
    document,
    standIns,
  }));
  // Trusted first: a crash in between leaves the old state in use, and not a new one that nobody may use.
  const asides = [...(approvals.length === 0 ? [] : await approve(context.paths, approvals, seen)), ...(await move(moves, context))];
  for (const aside of asides) context.screen.explain(aside);
}

const documentOf = (views: readonly View[], moves: readonly Move[]): object => ({
  schemaVersion: SCHEMA_VERSION,
  trusted: views.map(({ file, loaded, standIns, deeds, changes }) => ({
    name: file.name,
    file: file.file,
    sha256: loaded.sha256,
    document: nameStandIns(loaded.document, standIns),
    ...(file.open !== null && { missing: file.open.missing }),
    deeds: deeds.map((deed) => ({ ...deed, text: wordsOfDeed(deed) })),
    changes: changes?.map(({ is, deed, danger }) => ({ is, danger, text: wordsOfDeed(deed) })) ?? null,
  })),
  moved: moves,
});
