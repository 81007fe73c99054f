import type { Command } from '../command.ts';
import { command as list } from './list.ts';

export const command: Command = {
  ...list,
  name: 'profiles list',
  usage: ['profiles list'],
  describe: 'Shows the profiles that can be brought up, by source, with trust and state; the same as tunnels list.',
  examples: [['tunnels profiles list', 'all profiles']],
};
