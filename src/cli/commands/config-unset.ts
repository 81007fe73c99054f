import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { defineCommand } from '../command.ts';
import { DEFAULTS, settingKey, whenItCounts, writeSetting } from '../settings.ts';

export const command = defineCommand({
  name: 'config unset',
  usage: ['config unset <key>'],
  describe: 'Puts one setting back to its default.',
  examples: [['tunnels config unset wait', '`up` waits as long as it did at first']],
  words: { least: 1, most: 1 },
  options: {},
  async run({ words: [text = ''] }, { screen, paths }) {
    const key = settingKey(text);
    const aside = await writeSetting(paths, { key, value: undefined });
    if (aside !== null) screen.explain(aside);
    screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, settings: { [key]: DEFAULTS[key] } }), text: () => '' });
    screen.say(`${key} is ${DEFAULTS[key]} again.${whenItCounts(key)}`);
    return EXIT.done;
  },
});
