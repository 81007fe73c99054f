import { posix } from 'node:path';
import { filesOfAccount } from '../../remote/on-account.ts';
import type { SftpFiles } from '../../remote/sftp-files.ts';
import type { Remote } from '../../remote/types.ts';
import type { LearnGiven } from './by-script.ts';
import { type ReadFiles, readConfig } from './config-reader.ts';
import { type Listener, listenerIn, USUAL_LISTENER } from './listener-title.ts';
import type { ServerKeepalive } from './server-keepalive.ts';

/** What the files of an account without a shell tell. */
export async function learnBySftp(remote: Remote, given: LearnGiven): Promise<ServerKeepalive | null> {
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    const listener = await listenerAbove(files);
    if (listener === null) return null;
    const found = await readConfig(listener.config, { read: readerOf(files), options: listener.options });
    return found === null ? null : { ...found, source: 'sftp' };
  } finally {
    files.close();
  }
}

const MAX_BYTES = 256 * 1024;
const MAX_ANCESTORS = 16;

/** Null where there is no /proc: in a chroot, /etc would be another one as well. */
export async function listenerAbove(files: SftpFiles): Promise<Listener | null> {
  let stat = await files.read('/proc/self/stat', MAX_BYTES);
  if (stat === null) return null;
  for (let i = 0; stat !== null && i < MAX_ANCESTORS; i++) {
    // proc_pid_stat(5): the parent is the second field behind the name.
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (!Number.isSafeInteger(parent) || parent < 2) break;
    const title = await files.read(`/proc/${parent}/cmdline`, MAX_BYTES);
    const listener = title === null ? null : listenerIn(title.replaceAll('\0', ' '));
    if (listener !== null) return listener;
    stat = await files.read(`/proc/${parent}/stat`, MAX_BYTES);
  }
  return USUAL_LISTENER;
}

export const readerOf =
  (files: SftpFiles): ReadFiles =>
  async (pattern) => {
    const paths = await matching(files, pattern);
    if (paths === null) return null;
    const texts: string[] = [];
    for (const path of paths) {
      const text = await files.read(path, MAX_BYTES);
      if (text === null) return null;
      texts.push(text);
    }
    return texts;
  };

/** glob(7) in the last part of a path only, as in `sshd_config.d/*.conf`; null where it cannot be known. */
async function matching(files: SftpFiles, pattern: string): Promise<readonly string[] | null> {
  if (!/[*?[]/.test(pattern)) return (await files.lstat(pattern)) === 'missing' ? [] : [pattern];
  const folder = posix.dirname(pattern);
  const name = nameMatcher(posix.basename(pattern));
  if (/[*?[]/.test(folder) || name === null) return null;
  if ((await files.lstat(folder)) === 'missing') return [];
  const names = await files.list(folder);
  return names === null
    ? null
    : names
        .filter((each) => name.test(each))
        .sort()
        .map((each) => posix.join(folder, each));
}

/** Null for a class of characters, which nobody writes there and which is not known then. */
function nameMatcher(pattern: string): RegExp | null {
  if (pattern.includes('[')) return null;
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  // A leading dot is matched by a dot only.
  return new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
}
