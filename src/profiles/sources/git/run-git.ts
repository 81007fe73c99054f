import { spawn } from 'node:child_process';
import { problem, ProblemError } from '../../../model/problem.ts';
import { GIT_SETTINGS, gitEnv } from './git-env.ts';

/** Who git may ask for a password or about a host key: the person at the terminal, or nobody. */
export type Asks = 'terminal' | 'nobody';

export type GitGiven = {
  /** The bare repository. */
  readonly gitDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly asks: Asks;
  readonly signal?: AbortSignal;
};

export type GitRun = {
  readonly args: readonly string[];
  readonly input?: string;
  /** Schemes that it may reach; none by default. */
  readonly protocols?: string;
  /** What it may print; it is ended beyond that. */
  readonly most?: number;
};

export type GitRan = { readonly code: number | null; readonly out: Buffer; readonly said: string; readonly tooMuch: boolean };

/** Longer than all that git says in earnest. */
const MOST_SAID = 8_192;
const MOST_PRINTED = 1_000_000;

/** Runs the system's git to its end, whatever that is. Throws `git-missing` where there is none. */
export async function runGit(given: GitGiven, { args, input = '', protocols = 'none', most = MOST_PRINTED }: GitRun): Promise<GitRan> {
  const child = spawn('git', ['--git-dir', given.gitDir, ...GIT_SETTINGS, ...args], {
    env: gitEnv(given, protocols),
    // A session of its own has no terminal, so neither git nor ssh can ask on it.
    detached: given.asks === 'nobody',
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  const out: Buffer[] = [];
  let [printed, said] = [0, ''];
  const end = (): void => endAll(child.pid, given.asks);
  if (given.signal?.aborted === true) end();
  given.signal?.addEventListener('abort', end, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.byteLength;
    if (printed <= most) out.push(chunk);
    else end();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MOST_SAID)));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', ({ code: why = 'unknown' }: NodeJS.ErrnoException) =>
      reject(new ProblemError(problem('git-missing', { code: why }))),
    );
    child.on('close', resolve);
  }).finally(() => given.signal?.removeEventListener('abort', end));
  return { code, out: Buffer.concat(out), said, tooMuch: printed > most };
}

/** With ssh and whatever else it has started; at a terminal git ends them itself. */
function endAll(pid: number | undefined, asks: Asks): void {
  if (pid === undefined) return;
  try {
    process.kill(asks === 'nobody' && process.platform !== 'win32' ? -pid : pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

/** As `runGit`, for what cannot fail as long as our own repository is whole: gives what was printed. */
export async function mustGit(given: GitGiven, run: GitRun): Promise<string> {
  const { code, out, said } = await runGit(given, run);
  given.signal?.throwIfAborted();
  if (code === 0) return out.toString('utf8');
  throw new ProblemError(problem('internal', { what: `git ${run.args[0]} ended with ${code}: ${said}` }));
}
