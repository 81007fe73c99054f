import { defineCommand } from '../command.ts';
import { tellHealth } from '../supervisor-health.ts';
import { withSupervisor } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'supervisor start',
  usage: ['supervisor start'],
  describe: 'Starts the supervisor in the background. It brings the wanted tunnels back. Commands that need it start it by themselves.',
  examples: [['tunnels supervisor start', 'start it; nothing changes where it runs']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const before = await context.connect(context.paths).catch(() => null);
    const client = await withSupervisor(context);
    return await tellHealth(client, { context, did: before === null ? 'started' : 'runs already' });
  },
});
