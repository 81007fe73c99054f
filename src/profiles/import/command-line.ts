import { basename } from 'node:path';
import { fail } from '../../model/result.ts';
import { Draft } from './draft.ts';
import { absolute } from './draft-document.ts';
import { type Directories, type Import, type Imported, type Told, told } from './imported.ts';
import { keyOf } from './setting.ts';
import { type Flag, readSshArgv, type SshArgv, type Word } from './ssh-argv.ts';
import { settingsOfArgv, type SshSettings } from './ssh-settings.ts';
import { shellWords } from './shell-words.ts';

/** A command line of ssh(1) or autossh(1) as one text, as it would be typed into a shell. Nothing of it is run. */
export function importCommandText(text: string, from: Directories): Import {
  const parsed = shellWords(text);
  if (parsed.ok) {
    const notes = parsed.value.background ? [told(null, 'background', {})] : [];
    return withNotes(
      importCommand(
        parsed.value.words.map((word) => ({ text: word.text, at: null })),
        from,
      ),
      notes,
    );
  }
  const { error } = parsed;
  return fail([error.is === 'open-quote' ? told(null, 'open-quote', {}) : told(null, 'shell-syntax', { what: error.text })]);
}

/** The same as words, as a program is given them. */
export function importCommand(words: readonly Word[], from: Directories): Import {
  const { program, rest, notes } = findProgram(words);
  if (program === null) return fail([told(rest[0]?.at ?? words[0]?.at ?? null, 'not-ssh', { what: rest[0]?.text ?? '' })]);
  const argv = readSshArgv(rest.slice(1), { program });
  if (!argv.ok) return fail([argv.error]);
  const own = program === 'autossh' ? withoutAutossh(argv.value) : { argv: argv.value, notes: [] };
  const settings = settingsOfArgv(own.argv);
  if (!settings.ok) return fail(settings.error);
  return withNotes(drafted(settings.value, from), [...notes, ...own.notes, ...settings.value.notes]);
}

/** True for the words of a command line that `importCommand` takes; a file's name is none. */
export const isCommand = (words: readonly string[]): boolean => findProgram(words.map((text) => ({ text, at: null }))).program !== null;

type Found = { readonly program: 'ssh' | 'autossh' | null; readonly rest: readonly Word[]; readonly notes: readonly Told[] };

const WRAPPERS: ReadonlySet<string> = new Set(['env', 'exec', 'nohup', 'command']);

/** Variables and wrappers may stand before the program. */
function findProgram(words: readonly Word[]): Found {
  const start = words.findIndex(({ text }) => !isAssignment(text) && !WRAPPERS.has(basename(text)));
  const rest = start < 0 ? [] : words.slice(start);
  const name = basename(rest[0]?.text ?? '').replace(/\.exe$/i, '');
  const notes = words.slice(0, words.length - rest.length).filter(({ text }) => isAssignment(text));
  return { program: name === 'ssh' || name === 'autossh' ? name : null, rest, notes: notes.map(variableNote) };
}

const isAssignment = (text: string): boolean => /^[A-Za-z_]\w*=/.test(text);

/** The variable's name alone: its value may be a secret. */
export function variableNote({ text, at }: Word): Told {
  const what = text.slice(0, text.indexOf('='));
  return told(at, what.startsWith('AUTOSSH_') ? 'autossh-variable' : 'no-part', { what });
}

/** autossh(1) has an -M and an -f of its own, and gives the rest to ssh. */
function withoutAutossh(argv: SshArgv): { readonly argv: SshArgv; readonly notes: readonly Told[] } {
  const isMonitor = (item: SshArgv['items'][number]): item is Flag => item.is === 'flag' && item.letter === 'M';
  const ports = argv.items.filter(isMonitor).filter(({ value }) => value !== '0');
  return {
    argv: { ...argv, items: argv.items.filter((item) => !isMonitor(item)) },
    notes: ports.map(({ value, at }) => told(at, 'monitor-port', { what: `-M ${value}` })),
  };
}

function drafted({ settings, configFile }: SshSettings, from: Directories): Import {
  const draft = new Draft();
  for (const setting of settings) {
    if ('destination' in setting) draft.goTo(setting.destination, setting.at);
    else draft.take(setting);
  }
  reportTwoWays(draft);
  const made = draft.drafted(from);
  if (!made.ok) return made;
  const { host, document, notes } = made.value;
  const sshConfig = configFile === null ? {} : { sshConfig: configFile === 'none' ? 'none' : absolute(configFile, from) };
  return { ok: true, value: [{ name: host, at: null, document: { ...document, ...sshConfig }, notes }] };
}

/** With -J, ssh takes no ProxyCommand, and a profile's hops are not reached through one either. */
function reportTwoWays(draft: Draft): void {
  const jumps = draft.own('proxyjump');
  const command = draft.kept.findIndex((setting) => keyOf(setting) === 'proxycommand');
  const [dropped] = jumps === null || command < 0 ? [] : draft.kept.splice(command, 1);
  if (jumps !== null && dropped !== undefined)
    draft.notes.push(told(dropped.at, 'said-before', { what: dropped.shown, first: jumps.shown }));
}

export function withNotes(made: Import, notes: readonly Told[]): Import {
  if (!made.ok || notes.length === 0) return made;
  return { ok: true, value: made.value.map((one): Imported => ({ ...one, notes: [...notes, ...one.notes] })) };
}
