import type { Command } from './command.ts';

/** What is known of a command before its file is loaded, so that `tunnels status` loads little more than `status`. */
export type Entry = {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly describe: string;
  readonly load: () => Promise<{ readonly command: Command }>;
};

export const COMMANDS: readonly Entry[] = [
  { name: 'up', describe: 'bring tunnels up and wait until every forward listens', load: () => import('./commands/up.ts') },
  { name: 'down', describe: 'take tunnels down; their ports are free when it returns', load: () => import('./commands/down.ts') },
  { name: 'restart', describe: 'take tunnels down and bring them up again', load: () => import('./commands/restart.ts') },
  { name: 'reload', describe: 'apply changed profiles; what has not changed goes on', load: () => import('./commands/reload.ts') },
  { name: 'status', aliases: ['ps'], describe: 'show the tunnels and how they are', load: () => import('./commands/status.ts') },
  { name: 'list', aliases: ['ls'], describe: 'show the profiles that can be brought up', load: () => import('./commands/list.ts') },
  { name: 'logs', describe: 'show what happened', load: () => import('./commands/logs.ts') },
  { name: 'why', describe: 'tell the story of the last trouble, and what to do', load: () => import('./commands/why.ts') },
  { name: 'doctor', describe: 'check everything and say how to mend it', load: () => import('./commands/doctor.ts') },
  { name: 'answer', describe: 'answer what tunnels wait for: passphrases, codes, host keys', load: () => import('./commands/answer.ts') },
  { name: 'profiles list', describe: 'show the profiles, by source', load: () => import('./commands/profiles-list.ts') },
  {
    name: 'profiles add',
    describe: "add a team's profiles: a repository, a file on the web, a folder",
    load: () => import('./commands/profiles-add.ts'),
  },
  { name: 'profiles remove', describe: "remove a team's profiles", load: () => import('./commands/profiles-remove.ts') },
  {
    name: 'profiles update',
    describe: "fetch the team's profiles and show what is new",
    load: () => import('./commands/profiles-update.ts'),
  },
  { name: 'profiles show', describe: 'show one profile', load: () => import('./commands/profiles-show.ts') },
  { name: 'profiles validate', describe: 'check profiles and show every error', load: () => import('./commands/profiles-validate.ts') },
  {
    name: 'profiles trust',
    describe: "let a repository's profile be used as it is now",
    load: () => import('./commands/profiles-trust.ts'),
  },
  { name: 'profiles untrust', describe: 'take that back', load: () => import('./commands/profiles-untrust.ts') },
  {
    name: 'profiles import',
    describe: 'make profiles of ssh lines, Hosts, units, boring and mole',
    load: () => import('./commands/profiles-import.ts'),
  },
  { name: 'profiles export', describe: 'print the plain ssh line that does the same', load: () => import('./commands/profiles-export.ts') },
  { name: 'profiles new', describe: 'ask for what a profile needs, and write it', load: () => import('./commands/profiles-new.ts') },
  { name: 'profiles schema', describe: 'print the JSON Schema of a profile', load: () => import('./commands/profiles-schema.ts') },
  { name: 'supervisor run', describe: 'run the supervisor here, until Ctrl-C', load: () => import('./commands/supervisor-run.ts') },
  { name: 'supervisor start', describe: 'start it in the background', load: () => import('./commands/supervisor-start.ts') },
  { name: 'supervisor stop', describe: 'stop it; wanted tunnels come back with it', load: () => import('./commands/supervisor-stop.ts') },
  { name: 'supervisor restart', describe: 'stop it and start it again', load: () => import('./commands/supervisor-restart.ts') },
  { name: 'supervisor status', describe: 'show whether it runs', load: () => import('./commands/supervisor-status.ts') },
  { name: 'config get', describe: 'print a setting', load: () => import('./commands/config-get.ts') },
  { name: 'config set', describe: 'change a setting', load: () => import('./commands/config-set.ts') },
  { name: 'config unset', describe: 'put a setting back to its default', load: () => import('./commands/config-unset.ts') },
  { name: 'config list', describe: 'show all settings', load: () => import('./commands/config-list.ts') },
  { name: 'config path', describe: "print the settings file's path", load: () => import('./commands/config-path.ts') },
];

/** Commands that have their name already and nothing behind it; `instead` is what helps until then. */
export const PLANNED: readonly { readonly name: string; readonly instead: string }[] = [
  { name: 'service', instead: 'Until then let your service manager run: tunnels supervisor run' },
  { name: 'dashboard', instead: 'Until then watch the tunnels here: tunnels status --watch' },
  { name: 'completion', instead: 'Until then see all commands: tunnels --help' },
];

export const commandsOf = (group: string): readonly Entry[] => COMMANDS.filter((entry) => entry.name.startsWith(`${group} `));

/** The words that may come first: commands, their aliases, and groups. */
export const firstWords = (): string[] => [
  ...new Set(COMMANDS.flatMap((entry) => [entry.name.split(' ')[0] ?? '', ...(entry.aliases ?? [])])),
];
