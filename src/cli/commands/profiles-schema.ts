import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { MODELINE, SCHEMA_FILE } from '../../profiles/modeline.ts';
import { profileSchema } from '../../profiles/schema.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'profiles schema',
  usage: ['profiles schema [--modeline]'],
  describe: `Prints the JSON Schema of a profile, for editors. Keep it beside the profiles as ${SCHEMA_FILE}, and begin each profile with the modeline.`,
  examples: [
    [`tunnels profiles schema > .tunnels/${SCHEMA_FILE}`, 'once, and after an update'],
    ['tunnels profiles schema --modeline', 'the first line of every profile, by which editors find it'],
  ],
  words: { least: 0, most: 0 },
  options: { modeline: { type: 'boolean', describe: 'print the line that a profile begins with, in place of the schema' } },
  async run({ flags }, { screen }) {
    if (flags.modeline) screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, modeline: MODELINE }), text: () => MODELINE });
    else screen.show({ document: profileSchema, text: () => JSON.stringify(profileSchema(), null, 2) });
    return EXIT.done;
  },
});
