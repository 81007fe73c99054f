import { posix } from 'node:path';
import type { DeadSocketFile } from '../../../model/binding.ts';
import { type AccountGiven, filesOfAccount, runOnAccount } from '../../remote/on-account.ts';
import type { SftpFiles } from '../../remote/sftp-files.ts';
import type { SftpGiven } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';

/** `refused-by-guard`: what lies there is no socket of our own, whatever it was a moment ago; nothing was touched. */
export type Unlinked = 'unlinked' | 'gone' | 'not-permitted' | 'refused-by-guard' | 'no-answer';

export type UnlinkGiven = SftpGiven &
  AccountGiven & {
    /** Who we are on the server; SFTP cannot tell it, so without it nothing is unlinked over SFTP. */
    readonly uid: number | null;
  };

/**
 * Takes away a socket file that is proven ours and dead, since sshd never does (StreamLocalBindUnlink is off by default).
 * That it is a socket and our own is looked at again right before. By a script where the account has a shell, otherwise
 * over SFTP. Rejects only with the signal's reason.
 */
export async function unlinkSocket(remote: Remote, { path }: DeadSocketFile, given: UnlinkGiven): Promise<Unlinked> {
  // sshd's working directory is not ours, so that a relative path would mean another file.
  if (!posix.isAbsolute(path) || path.includes('\0')) return 'refused-by-guard';
  return (await byScript(remote, path, given)) ?? (await bySftp(remote, path, given)) ?? 'no-answer';
}

async function byScript(remote: Remote, path: string, given: UnlinkGiven): Promise<Unlinked | null> {
  const result = await runOnAccount(remote, SCRIPT, { ...given, args: [], input: path });
  const [line, ...more] = result.ok ? result.lines : [];
  return line !== undefined && more.length === 0 && isAnswer(line) ? line : null;
}

const ANSWERS: readonly string[] = ['unlinked', 'gone', 'not-permitted', 'refused-by-guard'] satisfies Unlinked[];
const isAnswer = (line: string): line is Unlinked => ANSWERS.includes(line);

const SCRIPT = `
say() { echo "$1"; exit; }
[ -h "$input" ] && say refused-by-guard
[ -e "$input" ] || say gone
[ -S "$input" ] && [ -O "$input" ] || say refused-by-guard
rm -f -- "$input" 2>/dev/null
[ -e "$input" ] && say not-permitted
say unlinked
`;

async function bySftp(remote: Remote, path: string, given: UnlinkGiven): Promise<Unlinked | null> {
  if (given.uid === null) return null;
  const files = await filesOfAccount(remote, given);
  if (files === null) return null;
  try {
    return await unlinkOver(files, path, given.uid);
  } finally {
    files.close();
  }
}

async function unlinkOver(files: SftpFiles, path: string, uid: number): Promise<Unlinked | null> {
  const found = await files.lstat(path);
  if (found === null) return null;
  if (found === 'missing') return 'gone';
  if (found.kind !== 'socket' || found.uid !== uid) return 'refused-by-guard';
  return (await files.unlink(path)) ? 'unlinked' : 'not-permitted';
}
