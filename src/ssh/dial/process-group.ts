import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../../platform/clock.ts';
import { deferred } from '../../platform/deferred.ts';

/** For an orderly end; whoever ignores SIGTERM is killed then. */
const GRACE_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** A process that was started `detached`, and all that it started in its group. */
export class ProcessGroup {
  readonly #leader: ChildProcess;
  /** Once seen empty: its number may soon be that of a stranger's group. */
  #isEmpty = false;

  constructor(leader: ChildProcess) {
    this.#leader = leader;
    this.#isEmpty = leader.pid === undefined;
    leader.once('exit', () => this.#signal(0));
  }

  /** Resolves when nothing of it is left, or has been sent SIGKILL. Never rejects. */
  async end(clock: Clock): Promise<void> {
    const killAt = clock.monotonic() + GRACE_MS;
    const kill = (): void => this.#signal('SIGKILL');
    // Whoever has not ended when we do is not waited for.
    process.once('exit', kill);
    this.#signal('SIGTERM');
    while (!this.#isEmpty && clock.monotonic() < killAt) {
      await this.#nextLook(clock);
      this.#signal(0);
    }
    kill();
    process.off('exit', kill);
  }

  /** No event tells that the last of a group has ended, only that its leader has. */
  async #nextLook(clock: Clock): Promise<void> {
    const woken = deferred<void>();
    const wake = (): void => woken.resolve();
    this.#leader.once('exit', wake);
    const cancel = clock.after(LOOK_EVERY_MS, wake);
    await woken.promise;
    cancel();
    this.#leader.off('exit', wake);
  }

  /** kill(2); the group's number stays taken for as long as it has a member. */
  #signal(signal: NodeJS.Signals | 0): void {
    if (this.#isEmpty) return;
    const { pid, exitCode, signalCode } = this.#leader;
    try {
      if (process.platform !== 'win32') process.kill(-(pid as number), signal);
      else this.#isEmpty = exitCode !== null || signalCode !== null || !this.#leader.kill(signal);
    } catch {
      this.#isEmpty = true;
    }
  }
}
