import { EXIT } from '../../model/problems/entry.ts';
import { type Because, SCHEMA_VERSION, type TunnelSnapshot, type TunnelWord } from '../../model/snapshot.ts';
import { printSpot } from '../../profiles/file-error.ts';
import { overlayFile } from '../../profiles/overlay/read-overlay.ts';
import { printSource } from '../../profiles/source.ts';
import { readSources } from '../../profiles/sources/source-list.ts';
import { type Context, defineCommand } from '../command.ts';
import { oneLine } from '../output/plain-text.ts';
import type { Ink } from '../output/screen.ts';
import { table } from '../output/table.ts';
import { type ListedProfile, listProfiles } from '../list-profiles.ts';
import { allProfiles, tell } from '../profile-files.ts';
import { sourceEntry, tellSources } from '../team-sources.ts';

export const command = defineCommand({
  name: 'list',
  usage: ['list'],
  describe: 'Shows the profiles that can be brought up, by source, with trust and state. Also: tunnels ls.',
  examples: [
    ['tunnels list', 'all profiles'],
    ['tunnels list --json', 'for a script'],
  ],
  words: { least: 0, most: 0 },
  options: {},
  async run(_args, context) {
    const { screen } = context;
    const found = await allProfiles(context);
    const [files, states] = await Promise.all([listProfiles(found.profiles, context), statesOf(context)]);
    const sources = readSources(context.paths).value;
    const errors = [...found.errors, ...files.flatMap((file) => file.errors)];
    screen.show({
      document: () => ({
        schemaVersion: SCHEMA_VERSION,
        profiles: files.map((file) => entryOf(file, states)),
        sources: sources.map((source) => sourceEntry(source, context)),
        errors: found.errors,
      }),
      text: () => (files.length === 0 ? '' : listing(files, { states, ink: screen.ink })),
    });
    if (files.length === 0)
      screen.say(
        `No profiles yet. Make one in ${context.paths.profiles}: tunnels profiles new. Use those of your team: tunnels profiles add --help. Or write the tunnel out: tunnels up --help`,
      );
    for (const { name, because } of waitingOf(states)) screen.say(`${screen.errInk.yellow('!')} ${name}: ${because.text} ${because.next}`);
    tell(errors, context);
    tellMissing(files, context);
    tellSources(sources, context);
    return EXIT.done;
  },
});

/** A value that many profiles of a team need is declared at one place, and told once. */
function tellMissing(files: readonly ListedProfile[], { screen, paths }: Context): void {
  const needed = new Map<string, string[]>();
  for (const { name, shadowedBy, summary } of files)
    for (const one of shadowedBy === null ? (summary?.missing ?? []) : []) {
      const value = `${one.variable} (${printSpot(one)})`;
      needed.set(value, [...(needed.get(value) ?? []), name]);
    }
  for (const [value, names] of needed) {
    const who =
      names.length > MOST_NAMED ? `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more` : names.join(', ');
    const where = `under profiles: ${names.length === 1 ? who : 'NAME'}: variables:`;
    screen.say(
      `${screen.errInk.yellow('!')} ${who}: needs a value of yours for ${value}. Give it in ${overlayFile(paths.config)}, ${where}`,
    );
  }
}

const MOST_NAMED = 5;

type States = ReadonlyMap<string, TunnelSnapshot>;

/** A supervisor in trouble is no reason not to list files. */
async function statesOf({ connect, paths }: Context): Promise<States> {
  const client = await connect(paths).catch(() => null);
  const snapshot = await client?.status().catch(() => null);
  return new Map(snapshot?.tunnels.map((tunnel) => [tunnel.name, tunnel] as const) ?? []);
}

/** Tunnels that wait for an answer. */
const waitingOf = (states: States): { readonly name: string; readonly because: Because }[] =>
  [...states.values()].flatMap(({ name, prompt, because }) => (prompt === undefined || because === null ? [] : [{ name, because }]));

/** Only the profile that is used can be what runs under the name. */
const stateOf = (file: ListedProfile, states: States): TunnelWord | null =>
  file.shadowedBy === null ? (states.get(file.name)?.state ?? 'down') : null;

const entryOf = (file: ListedProfile, states: States): object => ({
  name: file.name,
  description: file.summary?.description ?? null,
  groups: file.summary?.groups ?? [],
  file: file.file,
  source: { kind: file.source.kind, directory: file.source.directory, ...file.source.team },
  trusted: file.trusted,
  valid: file.summary !== null,
  errors: file.errors,
  missing: file.summary?.missing ?? [],
  shadowedBy: file.shadowedBy,
  state: stateOf(file, states),
});

function listing(files: readonly ListedProfile[], { states, ink }: { readonly states: States; readonly ink: Ink }): string {
  const header = ['NAME', 'STATE', 'SOURCE', 'TRUST', 'DESCRIPTION'].map((title) => ink.bold(title));
  const rows = files.map((file) => [file.name, stateText(file, states), printSource(file.source), trustText(file), description(file)]);
  return table([header, ...rows]);
}

function stateText(file: ListedProfile, states: States): string {
  if (file.summary === null) return 'invalid';
  const state = stateOf(file, states) ?? 'shadowed';
  const { missing } = file.summary;
  // What runs goes on with the values that it had.
  return state === 'down' && missing.length > 0 ? `needs ${missing.map(({ variable }) => variable).join(', ')}` : state;
}

const trustText = ({ source, trusted }: ListedProfile): string => (source.needsTrust ? (trusted ? 'trusted' : 'not trusted') : 'own');

function description({ summary, shadowedBy }: ListedProfile): string {
  if (shadowedBy !== null) return `not used: ${shadowedBy} comes first`;
  const groups = summary === null || summary.groups.length === 0 ? '' : `[${summary.groups.join(', ')}]`;
  return oneLine(`${summary?.description ?? ''} ${groups}`);
}
