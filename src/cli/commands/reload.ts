import { changeWords, type ReloadReport } from '../../model/profile-change.ts';
import { exitCodeOf, wordsOf } from '../../model/problem.ts';
import { SCHEMA_VERSION, type TunnelSnapshot } from '../../model/snapshot.ts';
import { type Context, defineCommand } from '../command.ts';
import { checkAsked, checkProfiles, pick } from '../pick-tunnels.ts';
import { type Reloaded, reloadTunnels } from '../reload-tunnels.ts';
import { worst } from '../settle.ts';
import { tellSkew } from '../version-skew.ts';

export const command = defineCommand({
  name: 'reload',
  usage: ['reload <name>... | --all'],
  describe:
    'Applies changed profiles to tunnels that run: what has not changed goes on, with its connections. A profile with errors, or one that is not trusted as it is now, changes nothing. Files that are watched are applied by themselves.',
  examples: [
    ['tunnels reload db-prod', 'after its profile was changed'],
    ['tunnels reload --all', 'every tunnel that is wanted up'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: { all: { type: 'boolean', describe: 'every tunnel that is wanted up' } },
  async run({ words, flags }, context) {
    const asked = { command: 'reload', words, all: flags.all === true };
    checkAsked(asked);
    // Where no supervisor runs there is nothing to be changed, and none is started for it.
    const client = await context.connect(context.paths);
    const tunnels = client === null ? [] : (await client.status()).tunnels;
    const { found, missing } = pick(tunnels, asked);
    await checkProfiles(missing, tunnels, context);
    for (const name of missing) context.screen.say(`${name} does not run.`);
    const meant = found.filter(({ wanted }) => wanted === 'up' || !asked.all);
    const reloaded = client === null ? [] : await reloadTunnels(meant, { client, context });
    if (client !== null) tellSkew(client, context);
    return report(reloaded, meant, context);
  },
});

function report(reloaded: readonly Reloaded[], tunnels: readonly TunnelSnapshot[], { screen }: Context): number {
  const document = (): ReloadReport => ({
    schemaVersion: SCHEMA_VERSION,
    tunnels: reloaded.map(({ name, change, problem }) => ({
      name,
      change,
      problem: problem === null ? null : { code: problem.code, ...wordsOf(problem, name) },
    })),
  });
  const text = (): string =>
    reloaded.flatMap(({ name, change }) => (change === null ? [] : [`${name}: ${changeWords(change)}`])).join('\n');
  screen.show({ document, text });
  for (const { name, change, problem } of reloaded) {
    if (problem !== null) screen.explain(problem);
    else if (change === null) screen.say(`${name}: ${unchanged(tunnels.find((tunnel) => tunnel.name === name))}`);
  }
  return worst(reloaded.map(({ problem }) => (problem === null ? 0 : exitCodeOf(problem))));
}

const unchanged = (tunnel: TunnelSnapshot | undefined): string =>
  tunnel?.origin === 'command line' ? 'it was made on the command line and has no profile' : 'nothing has changed';
