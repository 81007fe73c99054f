import { randomBytes } from 'node:crypto';
import { isAlive, processesOfUser, send } from './proc.ts';
import { must, run } from './run.ts';

export type TestUser = { readonly name: string; readonly uid: number; readonly gid: number; readonly home: string };

/**
 * A throw-away system user with a home and a shell; root only.
 * `*` as password: nobody can log in with one, and sshd does not take the account for locked (as it does for `!`).
 */
export async function makeUser({ shell = '/bin/sh' }: { shell?: string } = {}): Promise<TestUser & { remove(): Promise<void> }> {
  await sweepLeftovers();
  const name = `tt${process.pid}x${randomBytes(2).toString('hex')}`;
  const home = `/tmp/${name}`;
  await must('useradd', ['--create-home', '--home-dir', home, '--shell', shell, '--password', '*', name]);
  const [, , uid, gid] = (await must('getent', ['passwd', name])).split(':');
  return { name, uid: Number(uid), gid: Number(gid), home, remove: () => removeUser({ name, uid: Number(uid) }) };
}

// userdel refuses while the user has processes, such as a session's sshd that is just ending.
async function removeUser({ name, uid }: { name: string; uid: number }): Promise<void> {
  for (const pid of processesOfUser(uid)) send(pid, 'SIGKILL');
  await run('userdel', ['--force', '--remove', name]);
}

// The users of test processes that were killed before they could remove them.
async function sweepLeftovers(): Promise<void> {
  const { stdout } = await run('getent', ['passwd']);
  for (const [, name = '', pid, uid] of stdout.matchAll(/^(tt(\d+)x[0-9a-f]{4}):[^:]*:(\d+):/gm)) {
    if (!isAlive(Number(pid))) await removeUser({ name, uid: Number(uid) });
  }
}
