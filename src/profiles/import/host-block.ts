import { join, resolve } from 'node:path';
import { fail, ok } from '../../model/result.ts';
import { ConfigLines } from './config-lines.ts';
import { Draft } from './draft.ts';
import { type Directories, type Import, told } from './imported.ts';
import { isForward, keyOf, type Setting } from './setting.ts';

type Given = Directories & {
  /** -F: read in place of the user's own and the system's. */
  readonly configFile: string | null;
};

/**
 * The forwards that an ssh_config(5) has for a host. The hop is the host's own name, so that ssh_config goes on deciding
 * user, key and jumps; only what a profile has in its place (the forwards, the questions to the server) is taken out of it.
 */
export async function importHost(host: string, given: Given): Promise<Import> {
  if (host.startsWith('-') || /[*?!]/.test(host)) return fail([told(null, 'host-pattern', { host })]);
  const draft = new Draft();
  draft.goTo(host, null);
  const name = draft.destination?.host ?? host;
  const lines = new ConfigLines({ host: name, home: given.home });
  if (given.configFile !== null) await lines.read(resolve(given.cwd, given.configFile), { required: true });
  else for (const file of [join(given.home, '.ssh', 'config'), '/etc/ssh/ssh_config']) await lines.read(file, { required: false });
  const taken = lines.settings.filter(isTaken);
  if (lines.faults.length > 0) return fail(lines.faults);
  if (!taken.some((setting) => isForward(keyOf(setting)))) return fail([...lines.notes, told(null, 'no-forwards-of-host', { host })]);
  for (const setting of taken) draft.take(setting);
  // What ssh_config says is said nowhere else: of two lines that set the same, the first is simply the one that counts.
  const notes = () => draft.notes.filter(({ remark }) => remark.code !== 'said-before');
  const made = draft.drafted(given);
  if (!made.ok) return made;
  const sshConfig = given.configFile === null ? {} : { sshConfig: resolve(given.cwd, given.configFile) };
  return ok([{ name, at: null, document: { ...made.value.document, ...sshConfig }, notes: [...lines.notes, ...notes()] }]);
}

const isTaken = (setting: Setting): boolean => isForward(keyOf(setting)) || TAKEN.has(keyOf(setting));
const TAKEN: ReadonlySet<string> = new Set(['gatewayports', 'serveraliveinterval', 'serveralivecountmax']);
