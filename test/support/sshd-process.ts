import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type Background, background } from './child.ts';
import { freePort } from './free-port.ts';
import { type Key, type KeyType, makeKey } from './keys.ts';
import { isRoot } from './run.ts';
import { sshdConfig } from './sshd-config.ts';
import { tempDir } from './temp-home.ts';

export type SshdOptions = {
  /** Who logs in by default; the test's own user where not given. Another one needs root. */
  readonly user?: { readonly name: string; readonly home: string };
  /** Lines of sshd_config, stronger than the defaults of sshd-config.ts. */
  readonly config?: readonly string[];
  /** Addresses to listen on; 127.0.0.1 by default. */
  readonly listen?: string | readonly string[];
  readonly port?: number;
  /** A network namespace's name (ip-netns(8)); needs root. */
  readonly netns?: string;
  readonly binary?: string;
  readonly hostKeyTypes?: readonly KeyType[];
};

/** What a server keeps over its restarts. */
export type Files = {
  readonly dir: string;
  readonly listen: readonly string[];
  readonly port: number;
  readonly user: { readonly name: string; readonly home: string };
  readonly keyTypes: readonly KeyType[];
  readonly command: readonly string[];
  hostKeys: Key[];
};

export async function prepare(options: SshdOptions): Promise<Files> {
  const dir = tempDir('sshd');
  // The user who logs in reads authorized_keys with his own rights.
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'authorized'));
  const { username: name, homedir: home } = userInfo();
  const files: Files = {
    dir,
    listen: [options.listen ?? '127.0.0.1'].flat(),
    port: options.port ?? (await freePort()),
    user: options.user ?? { name, home },
    keyTypes: options.hostKeyTypes ?? ['ed25519'],
    command: [...(options.netns ? ['ip', 'netns', 'exec', options.netns] : []), options.binary ?? '/usr/sbin/sshd'],
    hostKeys: [],
  };
  await remakeHostKeys(files);
  const { listen, port, hostKeys } = files;
  const text = sshdConfig({ listen, port, dir, hostKeys: hostKeys.map((key) => key.path), extra: options.config ?? [] });
  writeFileSync(join(dir, 'sshd_config'), text);
  // Privilege separation wants this folder, which the system's service would have made.
  if (isRoot) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  return files;
}

export async function remakeHostKeys(files: Files): Promise<void> {
  for (const key of files.hostKeys) for (const path of [key.path, `${key.path}.pub`]) rmSync(path);
  files.hostKeys = await Promise.all(files.keyTypes.map((type) => makeKey(files.dir, { type, name: `host_${type}` })));
}

/** Starts the listener; returns once it listens, and throws with sshd's own words when it does not. */
export async function launch({ dir, command }: Files): Promise<Background> {
  const argv = [...command, '-D', '-e', '-f', join(dir, 'sshd_config')];
  const daemon = background(argv[0]!, argv.slice(1));
  await daemon.waitFor(/Server listening on/);
  return daemon;
}
