import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { background } from './child.ts';
import { isRoot, must, run } from './run.ts';
import { tempDir } from './temp-home.ts';
import { until } from './until.ts';

export type SecretService = {
  /** What makes a program find it. */
  readonly env: { readonly DBUS_SESSION_BUS_ADDRESS: string };
  /** As its user does who leaves the machine; whoever asks then is asked for its password, which nobody here can give. */
  lock(): Promise<void>;
  unlock(): Promise<void>;
  /** Ends it, and its bus as well: there is nobody to ask. */
  stop(): Promise<void>;
};

/**
 * A real gnome-keyring on a bus of its own, unlocked, with nothing in it. Where its packages are missing that is an error
 * in CI, or the tests of it would prove nothing; elsewhere it is null, with a line that says so.
 */
export async function startSecretService(): Promise<SecretService | null> {
  const missing = await missingProgram();
  if (missing === null) return await start(tempDir());
  if (isRoot && process.env['CI']) throw new Error(`there is no ${missing}, and the tests of the keychain would prove nothing`);
  process.stderr.write(`There is no ${missing}: the tests of a real keychain are left out.\n`);
  return null;
}

const PROGRAMS = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon'];

async function missingProgram(): Promise<string | null> {
  for (const program of PROGRAMS) if ((await run('sh', ['-c', `command -v ${program}`])).code !== 0) return program;
  return null;
}

async function start(dir: string): Promise<SecretService> {
  const bus = background('dbus-daemon', ['--nofork', '--nopidfile', '--print-address', `--config-file=${busConfig(dir)}`]);
  const address = (await bus.waitFor(/unix:\S+/))[0];
  const env = { DBUS_SESSION_BUS_ADDRESS: address };
  const given = { dir, env: { PATH: process.env['PATH'] ?? '', HOME: dir, ...env } };
  const at = { daemon: startKeyring(given) };
  await untilUnlocked(given);
  return {
    env,
    lock: async () => void (await must('dbus-send', send('Service.Lock', `array:objpath:${LOGIN}`), given)),
    // Its own way to be unlocked from outside is to begin anew with the password.
    async unlock() {
      await at.daemon.stop();
      at.daemon = startKeyring(given);
      await untilUnlocked(given);
    },
    async stop() {
      await at.daemon.stop();
      await bus.stop();
    },
  };
}

type Given = { readonly dir: string; readonly env: NodeJS.ProcessEnv };

function startKeyring({ dir, env }: Given) {
  mkdirSync(join(dir, 'control'), { recursive: true, mode: 0o700 });
  writeFileSync(join(dir, 'password'), 'of the keyring itself');
  const daemon = `exec gnome-keyring-daemon --foreground --unlock --components=secrets --control-directory=control < password`;
  return background('sh', ['-c', daemon], { cwd: dir, env });
}

const untilUnlocked = (given: Given): Promise<unknown> =>
  until(async () => /boolean false/.test((await run('dbus-send', isLocked, given)).stdout), { what: 'the keyring to be open' });

/** Secret Service API, freedesktop.org, draft 0.2: org.freedesktop.Secret.Service and .Collection. */
const LOGIN = '/org/freedesktop/secrets/collection/login';
const send = (method: string, ...args: string[]): string[] => [
  ...TO,
  '/org/freedesktop/secrets',
  `org.freedesktop.Secret.${method}`,
  ...args,
];
const TO = ['--session', '--print-reply', '--dest=org.freedesktop.secrets'];
const isLocked = [...TO, LOGIN, 'org.freedesktop.DBus.Properties.Get', 'string:org.freedesktop.Secret.Collection', 'string:Locked'];

/** A bus that starts no service by itself: the system's would start a keyring, and its window that asks, of their own. */
function busConfig(dir: string): string {
  const path = join(dir, 'bus.conf');
  const policy = '<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy>';
  writeFileSync(path, `<busconfig><type>session</type><listen>unix:path=${dir}/bus</listen>${policy}</busconfig>\n`);
  return path;
}
