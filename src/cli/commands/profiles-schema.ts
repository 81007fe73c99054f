import { EXIT } from '../../model/problems/entry.ts';
import { profileSchema } from '../../profiles/schema.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  name: 'profiles schema',
  usage: ['profiles schema'],
  describe: 'Prints the JSON Schema of a profile, for editors.',
  examples: [['tunnels profiles schema > profile.schema.json', 'then: # yaml-language-server: $schema=profile.schema.json']],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, { screen }) {
    screen.show({ document: profileSchema, text: () => JSON.stringify(profileSchema(), null, 2) });
    return EXIT.done;
  },
});
