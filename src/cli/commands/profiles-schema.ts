import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION } from '../../model/snapshot.ts';
import { MODELINE, OVERLAY_MODELINE, OVERLAY_SCHEMA_FILE, SCHEMA_FILE } from '../../profiles/modeline.ts';
import { overlaySchema } from '../../profiles/overlay/overlay-schema.ts';
import { profileSchema } from '../../profiles/schema.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'profiles schema',
  usage: ['profiles schema [--overrides] [--modeline]'],
  describe: `Prints the JSON Schema of a profile, for editors. Keep it beside the profiles as ${SCHEMA_FILE}, and begin each profile with the modeline.`,
  examples: [
    [`tunnels profiles schema > .tunnels/${SCHEMA_FILE}`, 'once, and after an update'],
    ['tunnels profiles schema --modeline', 'the first line of every profile, by which editors find it'],
    [`tunnels profiles schema --overrides > ${OVERLAY_SCHEMA_FILE}`, 'beside your overrides.yaml'],
  ],
  words: { least: 0, most: 0 },
  options: {
    overrides: { type: 'boolean', describe: 'of overrides.yaml, in place of a profile' },
    modeline: { type: 'boolean', describe: 'print the line that the file begins with, in place of the schema' },
  },
  async run({ flags }, { screen }) {
    const { modeline, schema } =
      flags.overrides === true ? { modeline: OVERLAY_MODELINE, schema: overlaySchema } : { modeline: MODELINE, schema: profileSchema };
    if (flags.modeline) screen.show({ document: () => ({ schemaVersion: SCHEMA_VERSION, modeline }), text: () => modeline });
    else screen.show({ document: schema, text: () => JSON.stringify(schema(), null, 2) });
    return EXIT.done;
  },
});
