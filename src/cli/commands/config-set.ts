import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { defineCommand } from '../command.ts';
import { settingKey, settingValue, whenItCounts, writeSetting } from '../settings.ts';

export const command = defineCommand({
  name: 'config set',
  usage: ['config set <key> <value>'],
  describe: 'Changes one setting. A value that does not fit changes nothing.',
  examples: [
    ['tunnels config set wait 120', '`up` waits two minutes'],
    ['tunnels config set color never', 'no colours'],
    ["tunnels config set memory.supervisor '128 MiB'", 'less memory for connections whose readers are slow'],
  ],
  words: { least: 2, most: 2 },
  options: {},
  async run({ words: [text = '', typed = ''] }, { screen, paths }) {
    const key = settingKey(text);
    const value = settingValue(key, typed);
    const aside = await writeSetting(paths, { key, value });
    if (aside !== null) screen.explain(aside);
    screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, settings: { [key]: value } }), text: () => '' });
    screen.say(`${key} is ${String(value)} now.${whenItCounts(key)}`);
    return EXIT.done;
  },
});
