import { spawn } from 'node:child_process';

export type Ran = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  readonly uid?: number;
  readonly gid?: number;
};

/** Runs a program to its end and gives what it said; a code other than 0 is an answer, not an error. */
export function run(command: string, args: readonly string[], { input, ...options }: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: string[] = [];
    const err: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
    // A program that ends without reading its input is none of the caller's troubles.
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout: out.join(''), stderr: err.join('') }));
    child.stdin.end(input ?? '');
  });
}

/** Like `run`, for programs that must succeed: gives stdout, and throws with all that was said otherwise. */
export async function must(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(command, args, options);
  if (ran.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${ran.signal ?? ran.code}\n${ran.stderr}${ran.stdout}`);
  return ran.stdout;
}

export const isRoot = process.getuid?.() === 0;
