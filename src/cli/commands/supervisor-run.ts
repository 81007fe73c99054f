import { defineCommand } from '../command.ts';
import { settingsOf, supervisorEnv } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'supervisor run',
  usage: ['supervisor run'],
  describe:
    'Runs the supervisor in this process, logging to stderr, until Ctrl-C or SIGTERM: for containers, and to see why it does not start.',
  examples: [['tunnels supervisor run', 'in a container, or under systemd']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const { settings } = settingsOf(context);
    context.interrupt.release();
    return await context.runSupervisor({
      paths: context.paths,
      env: supervisorEnv(context.env, settings),
      logToStderr: !context.screen.mode.quiet,
    });
  },
});
