import { callerAgent } from '../caller-agent.ts';
import { defineCommand } from '../command.ts';
import { checkAsked, notFound, pick } from '../pick-tunnels.ts';
import { report, reportAsked } from '../report.ts';
import { tellSkew } from '../version-skew.ts';
import { WAIT_OPTIONS, waitOf } from '../wait-options.ts';
import { waitUntilUp } from '../wait-until-up.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'restart',
  usage: ['restart <name>... | --all'],
  describe: 'Takes tunnels down in order, brings them up again with what they had, and waits as `up` does.',
  examples: [
    ['tunnels restart db-prod', 'after a login or a host key was put right'],
    ['tunnels restart --all --no-wait', 'every tunnel; do not wait for them'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: { all: { type: 'boolean', describe: 'every tunnel' }, ...WAIT_OPTIONS },
  async run({ words, flags }, context) {
    const asked = { command: 'restart', words, all: flags.all === true };
    checkAsked(asked);
    const seconds = waitOf(flags, context);
    const client = await withSupervisor(context);
    const { tunnels } = await client.status();
    tellSkew(client, context);
    const { found, missing } = pick(tunnels, asked);
    if (missing[0] !== undefined) throw notFound(missing[0], tunnels);
    const restarted = await Promise.all(found.map((tunnel) => client.restart(tunnel.name, callerAgent(context))));
    if (seconds === null) return reportAsked(restarted, context.screen);
    return report(await waitUntilUp(restarted, { client, context, waitMs: seconds * 1000 }), { screen: context.screen, seconds });
  },
});
