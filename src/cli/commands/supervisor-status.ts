import { defineCommand } from '../command.ts';
import { tellHealth, tellNone } from '../supervisor-health.ts';

export const command = defineCommand({
  name: 'supervisor status',
  usage: ['supervisor status'],
  describe: 'Shows whether the supervisor runs, its pid, version and age. Starts nothing.',
  examples: [['tunnels supervisor status --json', 'for a script: supervisor is null where none runs']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const client = await context.connect(context.paths);
    return client === null ? tellNone(context, 'No supervisor runs.') : await tellHealth(client, { context, did: 'runs' });
  },
});
