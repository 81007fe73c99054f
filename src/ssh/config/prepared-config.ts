import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LocalUser } from './local-user.ts';

/** Which configuration files count. */
export type PreparedConfig = {
  /** Arguments for ssh(1); null: it cannot be told which files count, so they are to be read without it. */
  readonly args: readonly string[] | null;
  /** The same for the parser that is used where there is no ssh. The first value of a keyword wins. */
  readonly files: readonly ConfigFile[];
  /** The one that was asked for, or `none`; null: the usual ones. */
  readonly named: string | null;
  remove(): Promise<void>;
};
export type ConfigFile = { readonly path: string; readonly required: boolean };

export const SYSTEM_CONFIG =
  process.platform === 'win32' ? join(process.env['ProgramData'] ?? 'C:\\ProgramData', 'ssh', 'ssh_config') : '/etc/ssh/ssh_config';

/** A file named with -F is the only one that counts, and `none` means no file at all, as in ssh(1). */
export async function prepareConfig(configFile: string | null, user: LocalUser): Promise<PreparedConfig> {
  if (configFile === 'none') return { args: ['-F', 'none'], files: [], named: 'none', remove: nothing };
  if (configFile !== null) {
    const path = configFile.startsWith('~/') ? join(user.home, configFile.slice(2)) : resolve(user.home, configFile);
    return { args: ['-F', path], files: [{ path, required: true }], named: path, remove: nothing };
  }
  const own = join(user.home, '.ssh', 'config');
  const files = [own, SYSTEM_CONFIG].map((path) => ({ path, required: false }));
  // ssh(1) does not look at $HOME but at the password database. Where they differ it is given a file of its own
  // that includes what it would have read had it looked, since -F alone would drop the system's configuration.
  if (user.accountHome === null || resolve(user.accountHome) === resolve(user.home))
    return { args: [], files, named: null, remove: nothing };
  return { ...(await includingConfig(own)), files, named: null };
}

const nothing = async (): Promise<void> => {};

async function includingConfig(own: string): Promise<Pick<PreparedConfig, 'args' | 'remove'>> {
  const dir = await mkdtemp(join(tmpdir(), 'tunnels-ssh-')).catch(() => null);
  if (dir === null) return { args: null, remove: nothing };
  const path = join(dir, 'config');
  const text = [own, SYSTEM_CONFIG].map((file) => `Include ${quoted(file)}\n`).join('');
  // A full disk is no reason to stay down.
  const args = await writeFile(path, text, { mode: 0o600 }).then(
    () => ['-F', path],
    () => null,
  );
  return { args, remove: () => rm(dir, { recursive: true, force: true }).catch(() => {}) };
}

/** Include takes patterns (glob(7)). */
const quoted = (path: string): string => `"${path.replaceAll(/[\\*?[\]]/g, String.raw`\$&`)}"`;
