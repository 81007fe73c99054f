import { defineCommand } from '../command.ts';
import { tellHealth } from '../supervisor-health.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'supervisor restart',
  usage: ['supervisor restart'],
  describe: 'Ends the supervisor in order and starts it again, in this version; the wanted tunnels come back.',
  examples: [['tunnels supervisor restart', 'after an upgrade of tunnels']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const client = await context.connect(context.paths);
    await client?.stop();
    return await tellHealth(await withSupervisor(context), { context, did: client === null ? 'started' : 'restarted' });
  },
});
