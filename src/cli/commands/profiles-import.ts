import { resolve } from 'node:path';
import { problem, ProblemError } from '../../model/problem.ts';
import { homeDirectory } from '../../platform/paths.ts';
import { importCommand, importCommandText, isCommand } from '../../profiles/import/command-line.ts';
import { importFile } from '../../profiles/import/import-file.ts';
import type { Directories, Import } from '../../profiles/import/imported.ts';
import { importHost } from '../../profiles/import/host-block.ts';
import { type Args, type Context, defineCommand } from '../command.ts';
import { importFailed, SAVE_OPTIONS, saveProfiles } from '../save-profiles.ts';
import { commandAfterDashes } from '../import-argv.ts';

const OPTIONS = {
  host: { type: 'string', array: true, describe: 'a Host of ssh_config with its LocalForward, RemoteForward and DynamicForward' },
  F: { type: 'string', describe: 'the ssh_config to look for --host in [~/.ssh/config]' },
  name: { type: 'string', describe: "the profile's name [the server's, the unit's, or the one in the file]" },
  to: { type: 'string', describe: 'the folder to write to [your own profiles]' },
  ...SAVE_OPTIONS,
} as const;

export const command = defineCommand({
  name: 'profiles import',
  usage: [
    'profiles import [--name NAME] [--to FOLDER] [--print] [--force] -- ssh ...',
    'profiles import <file>...',
    'profiles import --host NAME [-F file]',
  ],
  describe:
    'Makes profiles of an ssh or autossh command line, a systemd unit that runs one, a Host of ssh_config, or the files of boring and mole. Nothing of it is run; what cannot be carried over is told, and is a comment in the profile.',
  examples: [
    ['tunnels profiles import -- ssh -N -L 5432:db:5432 ann@bastion', 'a command line, as your shell gives it'],
    ["tunnels profiles import 'autossh -M 0 -N -R 8080:localhost:80 web'", 'the same in quotes'],
    ['tunnels profiles import --host bastion', 'the forwards of a Host of ~/.ssh/config'],
    ['tunnels profiles import /etc/systemd/system/db.service --name db', 'what a unit starts'],
    ['tunnels profiles import ~/.config/boring/.boring.toml --print', 'see every tunnel of boring first'],
    ['tunnels profiles import ~/.mole/*.toml --to .tunnels', 'the aliases of mole, for a repository'],
  ],
  words: { least: 0, most: Number.POSITIVE_INFINITY },
  options: OPTIONS,
  normalize: commandAfterDashes,
  async run({ words, flags }, context) {
    const imports = await readAll({ words, flags }, context);
    const errors = imports.flatMap((one) => (one.ok ? [] : one.error));
    if (errors.length > 0) throw importFailed(errors);
    const { name = null, to: folder = null, print = false, force = false } = flags;
    const all = imports.flatMap((one) => (one.ok ? one.value : []));
    return await saveProfiles(all, { name, folder, print, force }, context);
  },
});

async function readAll({ words, flags }: Args<typeof OPTIONS>, context: Context): Promise<Import[]> {
  const from = { cwd: context.cwd, home: homeDirectory(context.env) };
  const { host = [], F: configFile = null } = flags;
  if (words.length + host.length === 0) throw new ProblemError(problem('import-nothing', { command: 'tunnels profiles import' }));
  if (configFile !== null && host.length === 0)
    throw new ProblemError(
      problem('options-clash', { one: '-F', other: 'an import without --host', instead: 'Put -F into the ssh command itself, after --.' }),
    );
  const hosts = await Promise.all(host.map((one) => importHost(one, { ...from, configFile })));
  return [...hosts, ...(await readWords(words, from))];
}

/** The words of one command, or else each a file or a command in quotes. */
async function readWords(words: readonly string[], from: Directories): Promise<Import[]> {
  if (words.length > 1 && isCommand(words))
    return [
      importCommand(
        words.map((text) => ({ text, at: null })),
        from,
      ),
    ];
  return await Promise.all(
    words.map(async (word) => (isQuoted(word) ? importCommandText(word, from) : await importFile(resolve(from.cwd, word), from))),
  );
}

/** `'ssh -N host'`: words of its own, of which the first is a program; a file's name may have spaces too. */
const isQuoted = (word: string): boolean => isCommand(word.trim().split(/\s+/));
