import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { defineCommand } from '../command.ts';
import { settingKey } from '../settings.ts';
import { settingsOf } from '../with-supervisor.ts';

export const command = defineCommand({
  name: 'config get',
  usage: ['config get <key>'],
  describe: 'Prints one setting; its default where it is not set.',
  examples: [['tunnels config get wait', 'how long `up` waits, in seconds']],
  words: { least: 1, most: 1 },
  options: {},
  async run({ words: [text = ''] }, context) {
    const key = settingKey(text);
    const value = settingsOf(context).settings[key];
    context.screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, settings: { [key]: value } }), text: () => String(value) });
    return EXIT.done;
  },
});
