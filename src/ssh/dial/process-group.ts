import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';

/** For an orderly end; whoever ignores SIGTERM is killed then. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 50;

/**
 * Ends a process that was started `detached`, and all that it started in its group. Resolves when nothing of it is left,
 * or has been sent SIGKILL. Never rejects.
 */
export async function endGroup(leader: ChildProcess, clock: Clock): Promise<void> {
  if (leader.pid === undefined) return;
  const killAt = clock.monotonic() + GRACE_MS;
  let there = signalGroup(leader, 'SIGTERM');
  while (there && clock.monotonic() < killAt) {
    await nextLook(leader, clock);
    there = signalGroup(leader, 0);
  }
  if (there) signalGroup(leader, 'SIGKILL');
}

/** No event tells that the last of a group has ended, only that its leader has. */
async function nextLook(leader: ChildProcess, clock: Clock): Promise<void> {
  const woken = deferred<void>();
  const wake = (): void => woken.resolve();
  leader.once('exit', wake);
  const cancel = clock.after(LOOK_EVERY_MS, wake);
  await woken.promise;
  cancel();
  leader.off('exit', wake);
}

/** Whether there was anybody to send it to (kill(2)). The group's number stays taken for as long as it has a member. */
function signalGroup(leader: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (process.platform === 'win32') return leader.exitCode === null && leader.signalCode === null && leader.kill(signal);
  try {
    return process.kill(-(leader.pid as number), signal);
  } catch {
    return false;
  }
}
