import { wordsOfDeed } from '../../model/deeds/deed-words.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { nameStandIns } from '../../model/stand-ins.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { findSource } from '../../profiles/sources/source-list.ts';
import { approve, readApproved } from '../approvals.ts';
import { type Context, defineCommand } from '../command.ts';
import { viewText } from '../output/deeds-text.ts';
import { shortId } from '../output/source-text.ts';
import { allProfiles, checkFiles, loadAll, pickAmong, type ProfileFile } from '../profile-files.ts';
import { applyToRunning } from '../reload-tunnels.ts';
import { confirmTrust } from '../trust/confirm.ts';
import { leftBehind, move, type Move, movesOf } from '../trust/updates.ts';
import { type View, viewOf } from '../trust/view.ts';

export const command = defineCommand({
  name: 'profiles trust',
  usage: ['profiles trust <name>... [--yes]', 'profiles trust --source <source> [--yes]'],
  describe:
    'Shows what profiles of others do, or what has changed since you trusted them, and asks whether they may. After any change they need it again. An update of a source is in use once it is trusted.',
  examples: [
    ['tunnels profiles trust db-prod', 'shows it, and asks'],
    ["tunnels profiles trust '*'", 'all that there are'],
    ['tunnels profiles trust --source team', 'all of one source, with its update'],
    ['tunnels profiles trust db-prod --yes', 'for a script that has compared what it trusts'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {
    yes: { type: 'boolean', alias: 'y', describe: 'do not ask' },
    source: { type: 'string', describe: 'the profiles of this source', requiresArg: true },
  },
  async run({ words, flags: { yes, source } }, context) {
    const files = await pick(words, source ?? null, context);
    checkFiles(files);
    const views = viewsOf(
      files.filter((file) => file.source.needsTrust),
      context,
    );
    const moves = movesOf(files, context);
    const open = views.filter(({ file }) => !file.trusted);
    const isAsked = open.length + moves.length > 0;
    tellViews(isAsked ? views : [], context);
    if (!isAsked) context.screen.say(`${files.map(({ name }) => name).join(', ')}: trusted as it is already.`);
    await tellMoves(moves, files, context);
    if (isAsked && yes !== true)
      await confirmTrust(
        views.map(({ file }) => file.name),
        context,
      );
    await keep(views, moves, context);
    await applyToRunning(context);
    if (context.screen.mode.json) context.screen.show({ document: () => documentOf(views, moves), text: () => '' });
    return EXIT.done;
  },
});

async function pick(words: readonly string[], source: string | null, context: Context): Promise<ProfileFile[]> {
  const found = await allProfiles(context, 'newest');
  if (source === null && words.length === 0)
    throw new ProblemError(problem('words-missing', { command: 'profiles trust', usage: 'profiles trust <name>...' }));
  if (source === null) return await pickAmong(found, words, context);
  const { name } = findSource(context.paths, source);
  const own = { ...found, profiles: found.profiles.filter(({ source: { team } }) => team?.name === name) };
  return words.length > 0 ? await pickAmong(own, words, context) : await loadAll(own.profiles, context);
}

function viewsOf(files: readonly ProfileFile[], { paths }: Context): View[] {
  const approved = readApproved(paths);
  return files.flatMap((file) => viewOf(file, approved(file)) ?? []);
}

/** To the terminal of the person who is asked, also where stdout goes elsewhere. */
function tellViews(views: readonly View[], { screen, keyboard }: Context): void {
  const toStderr = keyboard !== null && !screen.stdoutIsTerminal;
  const text = views.map((view) => viewText(view, toStderr ? screen.errInk : screen.ink)).join('\n\n');
  if (toStderr) screen.complain(text);
  else screen.print(text);
}

async function tellMoves(moves: readonly Move[], files: readonly ProfileFile[], context: Context): Promise<void> {
  const { screen } = context;
  for (const { name, id, from } of moves) if (from !== null) screen.say(`With it ${name} moves from ${shortId(from)} to ${shortId(id)}.`);
  const others = await leftBehind(files, moves, context);
  if (others.length > 0)
    screen.say(
      `${screen.errInk.yellow('!')} The update changes these too, which you trust until now and then have to look at: ${others.join(', ')}`,
    );
}

async function keep(views: readonly View[], moves: readonly Move[], context: Context): Promise<void> {
  const approvals = views.map(({ file, loaded, document, standIns }) => ({
    profile: file,
    sha256: loaded.sha256,
    document,
    standIns,
  }));
  // Trusted first: a crash in between leaves the old state in use, and not a new one that nobody may use.
  const asides = [...(approvals.length === 0 ? [] : await approve(context.paths, approvals)), ...(await move(moves, context))];
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
