import type { UpRequest } from '../api/contract.ts';
import { ProblemError, problem } from '../model/problem.ts';
import type { Paths } from '../platform/paths.ts';
import { makeClosedDir, makePrivateDir } from '../platform/private-dir.ts';
import { checkSocketPath } from '../platform/socket-path.ts';
import { takeLock } from './lock.ts';
import { tellReady } from './ready.ts';
import { onStopSignal } from './signals.ts';

export type SupervisorOptions = {
  readonly paths: Paths;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For a supervisor in the foreground: log lines as text on stderr as well. */
  readonly logToStderr: boolean;
  /** Brought up once it runs, and taken down again when it is stopped. */
  readonly up?: readonly { readonly name: string; readonly request: UpRequest }[];
  /** The command's program, which reads profiles that change; without it nothing is read anew by itself. */
  readonly cli?: string;
  /** Where to write one ReadyLine. */
  readonly readyFd?: number;
};

/**
 * The composition root: runs the supervisor in this process until it is stopped by SIGTERM, SIGINT or a client, and resolves to 0.
 * Rejects with the ProblemError that kept it from starting: `supervisor-runs`, `directory-unusable`, `socket-path-too-long`, `state-unwritable`.
 *
 * The lock comes before everything that is slow to load, so that those who lose the race for it are quickly gone.
 */
export async function runSupervisor(options: SupervisorOptions): Promise<number> {
  process.umask(0o077);
  try {
    await claim(options.paths);
    const { startSupervisor } = await import('./start.ts');
    const running = await startSupervisor(options);
    const forgetSignals = onStopSignal(running.stop);
    tellReady(options.readyFd, { ready: true });
    await running.stopped;
    forgetSignals();
    return 0;
  } catch (error) {
    if (error instanceof ProblemError) tellReady(options.readyFd, { ready: false, ...error.problem });
    throw error;
  }
}

async function claim(paths: Paths): Promise<void> {
  checkSocketPath(paths.socket);
  makeClosedDir(paths.runtime);
  makePrivateDir(paths.state);
  makeClosedDir(paths.logs);
  const locking = await takeLock({ runtime: paths.runtime, now: Date.now, answers: () => answers(paths.socket) }).catch(
    (error: unknown) => {
      throw new ProblemError(
        problem('directory-unusable', { path: paths.runtime, code: (error as NodeJS.ErrnoException).code ?? 'unknown' }),
        {
          cause: error,
        },
      );
    },
  );
  if (!locking.won) throw new ProblemError(problem('supervisor-runs', { pid: locking.pid }));
}

async function answers(socket: string): Promise<boolean> {
  const { createClient } = await import('../api/client.ts');
  return await createClient(socket)
    .health()
    .then(
      () => true,
      () => false,
    );
}
