import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION, type Snapshot } from '../../model/snapshot.ts';
import { problem, ProblemError } from '../../model/problem.ts';
import { type Context, defineCommand } from '../command.ts';
import { statusDetails } from '../output/status-details.ts';
import { statusTable } from '../output/status-table.ts';
import { checkProfiles, pick } from '../pick-tunnels.ts';
import { tellSkew } from '../version-skew.ts';

export const command = defineCommand({
  name: 'status',
  usage: ['status [name...] [--watch]'],
  describe: 'Shows the tunnels and how they are: state, addresses, connections, and what is wrong. Also: tunnels ps.',
  examples: [
    ['tunnels status', 'all tunnels'],
    ['tunnels status db-prod --json', 'one tunnel, for a script'],
    ['tunnels status --verbose', 'with each connection, its cipher, its data path and what it holds'],
    ['tunnels status --watch', 'keep showing, until Ctrl-C'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: { watch: { type: 'boolean', alias: 'w', describe: 'show every change until Ctrl-C' } },
  async run({ words, flags }, context) {
    if (flags.watch && context.screen.mode.json) throw new ProblemError(problem('options-clash', WATCH_JSON));
    const client = await context.connect(context.paths);
    if (client === null) return await noSupervisor(words, context);
    const snapshot = await known(await client.status(), words, context);
    tellSkew(client, context);
    if (!flags.watch) return print(snapshot, words.length > 0, context);
    const { watch } = await import('../watch.ts');
    return await watch(client, words, context);
  },
});

/** Of the tunnels those that are named; a profile that was never brought up is only told of. */
async function known(snapshot: Snapshot, words: readonly string[], context: Context): Promise<Snapshot> {
  const { found, missing } = pick(snapshot.tunnels, { command: 'status', words, all: words.length === 0 });
  await checkProfiles(missing, snapshot.tunnels, context);
  for (const name of missing) context.screen.say(`${name} was not brought up yet. Bring it up: tunnels up ${name}`);
  return { ...snapshot, tunnels: found };
}

const WATCH_JSON = {
  one: '--watch',
  other: '--json',
  instead: 'One document cannot go on. Read GET /v1/events of the supervisor, or call tunnels status --json again.',
};

function print(snapshot: Snapshot, asked: boolean, { screen, clock }: Context): number {
  const text = (): string => {
    const table = statusTable(snapshot.tunnels, { now: clock.now(), ink: screen.ink });
    const details = screen.mode.verbose ? statusDetails(snapshot, screen.ink) : '';
    return [table, details].filter((part) => part !== '').join('\n\n');
  };
  screen.show({ document: () => snapshot, text });
  if (snapshot.tunnels.length === 0 && !asked) screen.say('No tunnels yet. Bring one up: tunnels up <profile>');
  return EXIT.done;
}

async function noSupervisor(words: readonly string[], context: Context): Promise<number> {
  await checkProfiles(words, [], context);
  const { screen } = context;
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, supervisor: null, tunnels: [] }), text: () => '' });
  screen.say('No supervisor runs, so no tunnel does. The first tunnels up starts it.');
  return EXIT.done;
}
