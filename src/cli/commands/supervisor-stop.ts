import { defineCommand } from '../command.ts';
import { tellNone } from '../supervisor-health.ts';

export const command = defineCommand({
  name: 'supervisor stop',
  usage: ['supervisor stop'],
  describe:
    'Closes every tunnel in order and ends the supervisor; returns when it has gone. Wanted tunnels stay wanted and come back with it.',
  examples: [['tunnels supervisor stop', 'end it; tunnels down --all is what takes tunnels down for good']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const client = await context.connect(context.paths);
    if (client === null) return tellNone(context, 'No supervisor runs.');
    await client.stop();
    return tellNone(context, 'The supervisor has stopped.');
  },
});
