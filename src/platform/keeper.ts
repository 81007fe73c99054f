import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { type ReadyLine, SUPERVISOR_EXIT } from './supervisor-exit.ts';

const { stopped, anotherRuns, cannotStart } = SUPERVISOR_EXIT;

/**
 * Runs its arguments and starts them again, however they ended, unless they ended by choice. POSIX sh (IEEE 1003.1),
 * because a shell waits in about 1 MB where another node would take 40.
 * Waits 0, 1, 2, 4 ... 30 s between runs of less than 10 s. SIGTERM is passed on and ends it too.
 * Only the first run is given descriptor 3, and nobody else keeps it: its end is the end of that run.
 */
export const KEEPER_SCRIPT = `
stopping= child= delay=0 ready=--ready-fd=3
trap 'stopping=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
trap '' HUP
await() {
  while :; do
    wait "$child"; code=$?
    kill -0 "$child" 2>/dev/null || break
  done
  child=
}
while [ -z "$stopping" ]; do
  began=$(date +%s)
  "$@" $ready &
  child=$!
  if [ -n "$ready" ]; then exec 3>&-; ready=; fi
  [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null
  await
  case $code in ${stopped}|${anotherRuns}|${cannotStart}) exit "$code" ;; esac
  if [ $(($(date +%s) - began)) -ge 10 ]; then delay=0; fi
  if [ "$delay" -gt 0 ] && [ -z "$stopping" ]; then sleep "$delay" & child=$!; await; fi
  if [ "$delay" -eq 0 ]; then delay=1; else delay=$((delay * 2)); fi
  if [ "$delay" -gt 30 ]; then delay=30; fi
done
exit ${stopped}
`;

export type KeeperNeeds = {
  /** The supervisor's program. */
  readonly program: string;
  /** Takes what the supervisor writes when it crashes. */
  readonly logs: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export interface StartedKeeper {
  /** What the first run said of itself; null when it ended without a word. */
  readonly ready: Promise<ReadyLine | null>;
  /** Ends the keeper and what it keeps. */
  abandon(): void;
  /** Lets this process end while the keeper goes on. */
  release(): void;
}

/** Starts the supervisor in a session of its own (setsid(2)), with a keeper; without one on Windows, which has no sh. */
export function startKeeper(needs: KeeperNeeds): StartedKeeper {
  const errors = openErrors(needs.logs);
  const [command, args] = commandFor(needs.program);
  try {
    const child = spawn(command, args, {
      detached: true,
      cwd: '/',
      env: { ...needs.env },
      stdio: ['ignore', 'ignore', errors, 'pipe'],
      windowsHide: true,
    });
    return startedKeeper(child);
  } finally {
    if (typeof errors === 'number') closeSync(errors);
  }
}

/** Where the supervisor's last words before a crash are. */
export const errorFile = (logs: string): string => join(logs, 'supervisor.err');

const TRIED_UP_TO = 24;
const nodeMajor = Number.parseInt(process.versions.node, 10);

const commandFor = (program: string): [string, string[]] =>
  process.platform === 'win32'
    ? [process.execPath, [...FOR_NODE, program, '--ready-fd=3']]
    : ['/bin/sh', ['-c', KEEPER_SCRIPT, 'tunnels-keeper', process.execPath, ...FOR_NODE, program]];

/**
 * V8 has four threads of its own, 0.5 MB each for as long as the process lives; a heap this small is collected as fast with one.
 * And it copies its built-in functions next to the code that it generates, for calls which nothing here got faster by: 1 MB.
 * A node that does not know an option of V8's does not start, so that one goes to those which were tried.
 */
const FOR_NODE = ['--v8-pool-size=1', ...(nodeMajor <= TRIED_UP_TO ? ['--no-short-builtin-calls'] : [])];

function startedKeeper(child: ChildProcess): StartedKeeper {
  const pipe = child.stdio[3] as Readable;
  const failed = new Promise<null>((resolve) => child.on('error', () => resolve(null)));
  return {
    ready: Promise.race([failed, text(pipe).then(readyLine, () => null)]),
    abandon: () => void child.kill('SIGTERM'),
    release() {
      pipe.destroy();
      child.unref();
    },
  };
}

function readyLine(written: string): ReadyLine | null {
  try {
    return JSON.parse(written) as ReadyLine;
  } catch {
    return null;
  }
}

const MAX_ERROR_BYTES = 256 * 1024;

/** The old content goes once it is large: crash after crash must not fill the disk. */
function openErrors(logs: string): number | 'ignore' {
  const path = errorFile(logs);
  try {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return openSync(path, size > MAX_ERROR_BYTES ? 'w' : 'a', 0o600);
  } catch {
    return 'ignore';
  }
}
