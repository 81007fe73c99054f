import type { SupervisorClient } from '../../api/client.ts';
import { EXIT } from '../../model/problems/entry.ts';
import { SCHEMA_VERSION, type TunnelSnapshot } from '../../model/snapshot.ts';
import type { Story } from '../../model/story.ts';
import { type Context, defineCommand } from '../command.ts';
import { storyText } from '../output/story-text.ts';
import { checkProfiles } from '../pick-tunnels.ts';
import { tellSkew } from '../version-skew.ts';

export const command = defineCommand({
  name: 'why',
  usage: ['why <name> [--verbose]'],
  describe:
    'Tells the story of the last trouble of a tunnel: what was refused, what was found out, each step taken, what it waits for and until when.',
  examples: [
    ['tunnels why db-prod', 'the last trouble'],
    ['tunnels why db-prod --verbose', 'all that is remembered'],
    ['tunnels why db-prod --json', 'the same for a script'],
  ],
  words: { least: 1, most: 1 },
  options: {},
  async run({ words: [name = ''] }, context) {
    const client = await context.connect(context.paths);
    if (client === null) return noSupervisor(name, context);
    const { tunnels } = await client.status();
    tellSkew(client, context);
    const tunnel = tunnels.find((one) => one.name === name);
    return tunnel === undefined ? await neverUp(name, tunnels, context) : await tellStory(tunnel, client, context);
  },
});

async function tellStory(tunnel: TunnelSnapshot, client: SupervisorClient, { screen, clock }: Context): Promise<number> {
  const story = await client.story(tunnel.name);
  const options = { now: clock.now(), ink: screen.ink, all: screen.mode.verbose };
  screen.show({ document: () => story, text: () => storyText(story, tunnel, options) });
  const earlier = story.episodes.length - 1;
  if (earlier > 0 && !screen.mode.verbose) screen.say(`${earlier} earlier: tunnels why ${tunnel.name} --verbose`);
  return EXIT.done;
}

/** A profile that was never brought up has no story; any other name is a mistake. */
async function neverUp(name: string, tunnels: readonly TunnelSnapshot[], context: Context): Promise<number> {
  await checkProfiles([name], tunnels, context);
  return nothingToTell(name, `${name} was not brought up yet, so there is nothing to tell. Bring it up: tunnels up ${name}`, context);
}

const noSupervisor = (name: string, context: Context): number =>
  nothingToTell(name, `No supervisor runs, and stories end with it. What was written down is in: tunnels logs ${name}`, context);

function nothingToTell(name: string, because: string, { screen }: Context): number {
  const story: Story = { schemaVersion: SCHEMA_VERSION, tunnel: name, episodes: [] };
  screen.show({ document: () => story, text: () => '' });
  screen.say(because);
  return EXIT.done;
}
