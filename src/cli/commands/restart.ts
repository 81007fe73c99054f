import type { TunnelSnapshot } from '../../model/snapshot.ts';
import { callerAgent } from '../caller-agent.ts';
import { type Context, defineCommand } from '../command.ts';
import { checkAsked, checkProfiles, pick } from '../pick-tunnels.ts';
import { reloadTunnels } from '../reload-tunnels.ts';
import { report, reportAsked } from '../report.ts';
import type { Request } from '../requests.ts';
import { tellSkew } from '../version-skew.ts';
import { WAIT_OPTIONS, waitOf } from '../wait-options.ts';
import { waitUntilUp } from '../wait-until-up.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'restart',
  usage: ['restart <name>... | --all'],
  describe: 'Takes tunnels down in order, brings them up again with what their profiles say now, and waits as `up` does.',
  examples: [
    ['tunnels restart db-prod', 'after a login or a host key was put right'],
    ['tunnels restart --all --no-wait', 'every tunnel; do not wait for them'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: { all: { type: 'boolean', describe: 'every tunnel that is wanted up' }, ...WAIT_OPTIONS },
  async run({ words, flags }, context) {
    const asked = { command: 'restart', words, all: flags.all === true };
    checkAsked(asked);
    const seconds = waitOf(flags, context);
    const client = await withSupervisor(context);
    const { tunnels } = await client.status();
    tellSkew(client, context);
    const { found, missing } = pick(tunnels, asked);
    const fresh = await freshRequests(missing, tunnels, context);
    const agent = callerAgent(context);
    // What was taken down stays down, unless it is named.
    const meant = found.filter(({ wanted }) => wanted === 'up' || !asked.all);
    // What cannot be used, or is not trusted, changes nothing: it is told, and the tunnel restarts with what it has.
    for (const { problem } of await reloadTunnels(meant, { client, context })) if (problem !== null) context.screen.explain(problem);
    const restarted = await Promise.all([
      ...meant.map(({ name }) => client.restart(name, agent)),
      ...fresh.map(({ name, request }) => client.up(name, { ...request, ...agent })),
    ]);
    if (seconds === null) return reportAsked(restarted, context.screen);
    return report(await waitUntilUp(restarted, { client, context, waitMs: seconds * 1000 }), { screen: context.screen, seconds });
  },
});

/** A profile that was never brought up has nothing to take down, and is brought up; any other name is a mistake. */
async function freshRequests(names: readonly string[], tunnels: readonly TunnelSnapshot[], context: Context): Promise<Request[]> {
  await checkProfiles(names, tunnels, context);
  return names.length === 0 ? [] : await (await import('../requests.ts')).profileRequests(names, context);
}
