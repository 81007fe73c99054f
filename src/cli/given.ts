import type { SupervisorClient } from '../api/client.ts';
import type { UpRequest } from '../api/contract.ts';
import type { Clock } from '../platform/clock.ts';
import type { Paths } from '../platform/paths.ts';
import type { Keyboard } from './keyboard.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** Everything outside a command that it may touch, so that tests run commands with buffers and a fake supervisor. */
export type Given = {
  readonly env: Env;
  readonly cwd: string;
  readonly paths: Paths;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Null: there is no terminal to ask a person on. */
  readonly keyboard: Keyboard | null;
  /** What stdin has to say, line by line. */
  readonly stdinLines: () => AsyncIterable<string>;
  readonly clock: Clock;
  readonly interrupt: Interrupt;
  /** Null: no supervisor runs. */
  readonly connect: (paths: Paths) => Promise<SupervisorClient | null>;
  /** Starts one where none runs; rejects with a ProblemError. */
  readonly ensureSupervisor: (paths: Paths, env: Env) => Promise<SupervisorClient>;
  /** Runs the supervisor in this process until it is told to stop; resolves to its exit code. */
  readonly runSupervisor: (options: RunOptions) => Promise<number>;
};

export type RunOptions = {
  readonly paths: Paths;
  readonly env: Env;
  readonly logToStderr: boolean;
  /** Tunnels to bring up at the start. */
  readonly up?: readonly { readonly name: string; readonly request: UpRequest }[];
};

export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

export interface Interrupt {
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Aborts when nobody reads stdout any more; what only prints may end then. */
  readonly unread: AbortSignal;
  /** Leaves the signals to somebody else: a supervisor in this process. */
  release(): void;
}
