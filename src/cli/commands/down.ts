import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION, type TunnelSnapshot } from '../../model/snapshot.ts';
import type { SupervisorClient } from '../../api/client.ts';
import { type Context, defineCommand } from '../command.ts';
import { checkAsked, checkProfiles, pick } from '../pick-tunnels.ts';
import { tellSkew } from '../version-skew.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'down',
  usage: ['down <name>... | --all'],
  describe: 'Takes tunnels down in order: bindings are cancelled before the connection closes, and the ports are free when it returns.',
  examples: [
    ['tunnels down db-prod', 'one tunnel'],
    ['tunnels down --all', 'every tunnel; the supervisor goes on'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: { all: { type: 'boolean', describe: 'every tunnel' } },
  async run({ words, flags }, context) {
    const asked = { command: 'down', words, all: flags.all === true };
    checkAsked(asked);
    // Also where none runs: that a tunnel is no longer wanted has to be kept, or its next start would bring it back.
    const client = await withSupervisor(context);
    const { tunnels } = await client.status();
    tellSkew(client, context);
    const { found, missing } = pick(tunnels, asked);
    // Told before anything is taken down. A profile that was never brought up is down already.
    await checkProfiles(missing, tunnels, context);
    return await takeDown(client, { found, missing, context });
  },
});

type Wanted = { readonly found: readonly TunnelSnapshot[]; readonly missing: readonly string[]; readonly context: Context };

async function takeDown(client: SupervisorClient, { found, missing, context: { screen } }: Wanted): Promise<number> {
  for (const name of missing) screen.say(`${name} is down already.`);
  const results = await Promise.allSettled(found.map(async (tunnel) => ({ before: tunnel, after: await client.down(tunnel.name) })));
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  for (const { before } of done)
    screen.say(before.state === 'down' && before.wanted === 'down' ? `${before.name} is down already.` : `${before.name} is down.`);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, tunnels: done.map(({ after }) => after) }), text: () => '' });
  return EXIT.done;
}
