import { fail, ok, type Result } from '../../model/result.ts';
import { type Told, told } from './imported.ts';
import { type Setting, settingOf } from './setting.ts';
import type { Flag, SshArgv } from './ssh-argv.ts';

export type SshSettings = {
  /** In the order of the command line; the destination's user and port stand where it stands. */
  readonly settings: readonly (Setting | { readonly destination: string; readonly at: Setting['at'] })[];
  /** The last -F; null: none. */
  readonly configFile: string | null;
  readonly notes: readonly Told[];
};

/** What the options of a command line ask for, as keywords of ssh_config(5). */
export function settingsOfArgv({ items, command }: SshArgv): Result<SshSettings, readonly Told[]> {
  const reader = new Reader();
  for (const item of items) {
    if (item.is === 'flag') reader.take(item);
    else reader.settings.push({ destination: item.text, at: item.at });
  }
  if (command.length > 0)
    reader.notes.push(told(command[0]?.at ?? null, 'command-not-run', { what: command.map(({ text }) => text).join(' ') }));
  const { settings, configFile, notes, faults } = reader;
  return faults.length > 0 ? fail(faults) : ok({ settings, configFile, notes });
}

const VALUED: Readonly<Record<string, string>> = {
  L: 'LocalForward',
  R: 'RemoteForward',
  D: 'DynamicForward',
  J: 'ProxyJump',
  p: 'Port',
  l: 'User',
  i: 'IdentityFile',
  b: 'BindAddress',
  B: 'BindInterface',
  c: 'Ciphers',
  m: 'MACs',
};
const SWITCHES: Readonly<Record<string, readonly [name: string, value: string]>> = {
  '4': ['AddressFamily', 'inet'],
  '6': ['AddressFamily', 'inet6'],
  g: ['GatewayPorts', 'yes'],
};
/** What every tunnel is anyway, and how much ssh says. */
const SILENT = '2NfnTqv';
const NOT_TAKEN = 'CI';
const CANNOT_DO = 'wW';
const NO_CONNECTION = 'GOQV';

class Reader {
  readonly settings: SshSettings['settings'][number][] = [];
  readonly notes: Told[] = [];
  readonly faults: Told[] = [];
  configFile: string | null = null;

  take(flag: Flag): void {
    const { letter, value, at } = flag;
    const shown = value === null ? `-${letter}` : `-${letter} ${value}`;
    const [name, fixed] = SWITCHES[letter] ?? [VALUED[letter], value];
    if (name !== undefined) this.settings.push({ name, value: fixed ?? '', shown, at });
    else if (letter === 'o') this.#option(value ?? '', { shown, at });
    else if (letter === 'F') this.configFile = value;
    else this.#leave(letter, { shown, at });
  }

  #option(text: string, { shown, at }: Pick<Setting, 'shown' | 'at'>): void {
    const setting = settingOf(text, { shown, at });
    if (setting === null) this.faults.push(told(at, 'bad-option', { what: text }));
    else this.settings.push(setting);
  }

  #leave(letter: string, { shown, at }: Pick<Setting, 'shown' | 'at'>): void {
    if (SILENT.includes(letter)) return;
    if (NO_CONNECTION.includes(letter)) this.faults.push(told(at, 'no-connection', { what: shown }));
    else if (CANNOT_DO.includes(letter)) this.notes.push(told(at, 'cannot-do', { what: shown }));
    else this.notes.push(told(at, NOT_TAKEN.includes(letter) ? 'not-taken' : 'no-part', { what: shown }));
  }
}
