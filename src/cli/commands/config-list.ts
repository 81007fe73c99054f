import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { defineCommand } from '../command.ts';
import { table } from '../output/table.ts';
import { SETTING_KEYS, SETTING_WORDS } from '../settings.ts';
import { settingsOf } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'config list',
  usage: ['config list'],
  describe: 'Shows every setting, whether it is set, and what it may be.',
  examples: [['tunnels config list', 'all settings']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const { settings, own } = settingsOf(context);
    const { ink } = context.screen;
    const rows = SETTING_KEYS.map((key) => {
      const { wanted, does } = SETTING_WORDS[key];
      return [key, String(settings[key]), own[key] === undefined ? 'default' : 'set', `${does} (${wanted})`];
    });
    const header = ['SETTING', 'VALUE', 'FROM', 'WHAT IT IS'].map((title) => ink.bold(title));
    context.screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, settings }), text: () => table([header, ...rows]) });
    return EXIT.done;
  },
});
