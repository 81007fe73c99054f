import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Background = {
  readonly pid: number;
  /** All that it wrote to stdout and stderr so far. */
  output(): string;
  /** The first match in what was written since `from` (default: the start); throws if the process ends before. */
  waitFor(pattern: RegExp, options?: { readonly from?: number }): Promise<RegExpExecArray>;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  running(): boolean;
  kill(signal?: NodeJS.Signals): void;
  /** Ends it (SIGTERM by default) and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
};

type Options = { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string; readonly uid?: number; readonly gid?: number };

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));

/**
 * A program that runs beside the test. It dies with the test's process even when that is killed,
 * where util-linux's setpriv can ask the kernel for it (prctl(2), PR_SET_PDEATHSIG).
 */
export function background(command: string, args: readonly string[], options: Options = {}): Background {
  const argv = SETPRIV ? [SETPRIV, '--pdeathsig', 'KILL', command, ...args] : [command, ...args];
  const child = spawn(argv[0]!, argv.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const text = gather(child);
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const running = (): boolean => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
  const kill = (signal: NodeJS.Signals = 'SIGTERM'): void => void child.kill(signal);
  return {
    pid: child.pid ?? -1,
    output: text.all,
    waitFor: (pattern, { from = 0 } = {}) => text.find({ pattern, from, exited, command }),
    exited,
    running,
    kill,
    async stop(signal) {
      if (running()) kill(signal);
      await exited;
    },
  };
}

type Search = { readonly pattern: RegExp; readonly from: number; readonly exited: Promise<unknown>; readonly command: string };

function gather(child: ChildProcess) {
  let all = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      all += text;
      for (const look of watchers) look();
    });
  }
  const find = ({ pattern, from, exited, command }: Search): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(all.slice(from));
        if (!match) return;
        watchers.delete(look);
        resolve(match);
      };
      watchers.add(look);
      look();
      // What was written last may be read after the exit is told.
      void exited.then(() =>
        setImmediate(() => watchers.delete(look) && reject(new Error(`${command} ended without ${pattern}:\n${all}`))),
      );
    });
  return { all: () => all, find };
}
