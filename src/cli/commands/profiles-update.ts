import { type ExitCode, EXIT } from '../../model/problems/entry.ts';
import { exitCodeOf, type Problem, problemOf } from '../../model/problem.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { pendingOf } from '../../profiles/sources/pins.ts';
import { findSource, readSources, type TeamSource } from '../../profiles/sources/source-list.ts';
import { type Updated, updateSource } from '../../profiles/sources/update.ts';
import { type Context, defineCommand } from '../command.ts';
import { pendingText, updatedText } from '../output/source-text.ts';
import { applyToRunning } from '../reload-tunnels.ts';
import { sourceEntry, troubleEntry, updateGiven } from '../team-sources.ts';

export const command = defineCommand({
  name: 'profiles update',
  usage: ['profiles update [name]...'],
  describe:
    "Fetches the team's sources now, all of them without names, and shows what is new. What changed is used only once it is trusted.",
  examples: [
    ['tunnels profiles update', 'all sources'],
    ['tunnels profiles update team', 'one of them'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: {},
  async run({ words }, context) {
    const { paths, screen } = context;
    const sources = words.length === 0 ? readSources(paths).value : [...new Set(words)].map((name) => findSource(paths, name));
    if (sources.length === 0) screen.say('There are no sources. Add one: tunnels profiles add <name> <git-url | https-url | folder>');
    const outcomes = await updateAll(sources, context);
    screen.show({
      document: () => ({ schemaVersion: SCHEMA_VERSION, sources: outcomes.map((outcome) => entryOf(outcome, context)) }),
      text: () => outcomes.flatMap(({ source, updated }) => (updated === null ? [] : [updatedText(source.name, updated)])).join('\n'),
    });
    for (const outcome of outcomes) tellOutcome(outcome, context);
    // What one of its signers has signed is in use at once.
    await applyToRunning(context);
    return worst(outcomes);
  },
});

type Outcome = { readonly source: TeamSource; readonly updated: Updated | null; readonly trouble: Problem | null };

/** One that cannot be fetched does not keep the others from it. One after the other, where git may ask on the terminal. */
async function updateAll(sources: readonly TeamSource[], context: Context): Promise<Outcome[]> {
  const given = updateGiven(context);
  const update = (source: TeamSource): Promise<Outcome> =>
    updateSource(source, given).then(
      (updated) => ({ source, updated, trouble: null }),
      (error: unknown) => ({ source, updated: null, trouble: problemOf(error) }),
    );
  if (given.asks === 'nobody') return await Promise.all(sources.map(update));
  const outcomes: Outcome[] = [];
  for (const source of sources) outcomes.push(await update(source));
  return outcomes;
}

function tellOutcome({ source: { name }, trouble }: Outcome, { paths, screen }: Context): void {
  if (trouble !== null) return screen.explain(trouble);
  const pending = pendingOf(paths, { name });
  if (pending !== null)
    screen.say(
      `${screen.errInk.yellow('!')} ${name}: ${pendingText(pending)} See it, and accept it: tunnels profiles trust --source ${name}`,
    );
}

const entryOf = ({ source, updated, trouble }: Outcome, context: Context): object => ({
  ...sourceEntry(source, context),
  trouble: trouble === null ? null : troubleEntry(trouble),
  changes: updated?.changes ?? [],
});

/** Where a person is needed, that is what a script should know first. */
function worst(outcomes: readonly Outcome[]): ExitCode {
  const codes = outcomes.map(({ trouble }) => (trouble === null ? EXIT.done : exitCodeOf(trouble)));
  return codes.find((code) => code === EXIT.personNeeded) ?? codes.find((code) => code !== EXIT.done) ?? EXIT.done;
}
