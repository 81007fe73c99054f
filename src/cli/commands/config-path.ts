import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { defineCommand } from '../command.ts';
import { settingsFile } from '../../platform/own-settings.ts';

export const command = defineCommand({
  name: 'config path',
  usage: ['config path'],
  describe: 'Prints the path of the settings file, whether it is there or not.',
  examples: [['cat "$(tunnels config path)"', 'look into it']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, { screen, paths }) {
    const path = settingsFile(paths);
    screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, path }), text: () => path });
    return EXIT.done;
  },
});
