import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { ProblemError, problem } from '../../model/problem.ts';
import type { Clock } from '../../platform/clock.ts';
import { CommandStream } from './command-stream.ts';

export type CommandRequest = {
  readonly host: string;
  /** For the user's shell; all tokens expanded. */
  readonly command: string;
  /** SSH_AUTH_SOCK for it; null: none. */
  readonly agent: string | null;
};

/**
 * Starts a ProxyCommand as ssh(1) does (sshconnect.c, ssh_proxy_connect): by the user's shell, with `exec`, so that one
 * process less stands between. It has a process group of its own, which ends with the stream.
 * Rejects with `proxy-command-failed`, or with the signal's reason.
 */
export async function startCommand(
  request: CommandRequest,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<CommandStream> {
  signal.throwIfAborted();
  const child = spawnByShell(request);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new ProblemError(problem('proxy-command-failed', { host: request.host, exit: error.code ?? error.name, said: '' }))),
    );
  });
  const stream = new CommandStream(child, clock);
  if (signal.aborted) stream.destroy();
  signal.throwIfAborted();
  return stream;
}

function spawnByShell({ command, agent }: CommandRequest): ChildProcessWithoutNullStreams {
  const home = homedir();
  const options = {
    env: { ...process.env, SSH_AUTH_SOCK: agent ?? undefined },
    cwd: existsSync(home) ? home : '/',
    stdio: 'pipe',
  } as const;
  if (process.platform === 'win32') return spawn(command, { ...options, shell: true, windowsHide: true });
  return spawn(process.env['SHELL'] || '/bin/sh', ['-c', `exec ${command}`], { ...options, detached: true });
}
