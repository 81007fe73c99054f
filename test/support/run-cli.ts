import { readFileSync, readdirSync } from 'node:fs';
import { type Background, background } from './child.ts';
import { builtCommand } from './built-command.ts';
import { isAlive, send } from './proc.ts';
import { type Ran, run } from './run.ts';
import { type TempHome } from './temp-home.ts';
import { until } from './until.ts';

export type CliOptions = {
  readonly home: TempHome;
  /** Another user to run as; needs root, and a home made for that owner. */
  readonly as?: { readonly uid: number; readonly gid: number };
  /** A network namespace to run in; needs root. */
  readonly netns?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

export type CliRan = Ran & {
  /** stdout as the one JSON document that it must be. */
  json<T>(): T;
};

/** Added to the environment of one command; what is undefined is taken out of it. */
type Env = Readonly<Record<string, string | undefined>>;

export type Cli = {
  /** Runs `tunnels ...args` to its end, without a terminal. */
  run(args: readonly string[], options?: { readonly input?: string; readonly env?: Env }): Promise<CliRan>;
  /** Starts a command that goes on, such as `logs -f`. */
  spawn(args: readonly string[], options?: { readonly env?: Env }): Background;
  /** The same command as a line for sh(1): for pipes, redirections and terminals. */
  line(args: readonly string[], options?: { readonly env?: Env }): string;
  /** The supervisors and commands that run for this home now, by their environment. */
  processes(): number[];
  /** Stops the home's supervisor, ends whatever is left of it, and removes the home. */
  dispose(): Promise<void>;
};

/**
 * The real command for one home: the packed and globally installed one (TUNNELS_TEST_BIN, which `npm test` sets),
 * otherwise dist/, built once a run. Nothing of the caller's environment is seen but PATH.
 */
export async function makeCli(options: CliOptions): Promise<Cli> {
  const prefix = [...place(options), ...(await builtCommand())];
  const { home, cwd = home.home } = options;
  const base = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...home.env, ...options.env };
  const invoke = (args: readonly string[], env: Env = {}) => ({
    command: prefix[0]!,
    args: [...prefix.slice(1), ...args],
    settings: { cwd, env: { ...base, ...env } },
  });
  const cli: Cli = {
    async run(args, { input = '', env } = {}) {
      const { command, args: argv, settings } = invoke(args, env);
      const ran = await run(command, argv, { ...settings, input });
      return { ...ran, json: <T>() => parse<T>(ran, args) };
    },
    spawn(args, { env } = {}) {
      const { command, args: argv, settings } = invoke(args, env);
      return background(command, argv, settings);
    },
    line(args, { env } = {}) {
      const { command, args: argv, settings } = invoke(args, env);
      const set = Object.entries(settings.env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      return `cd ${quoted(cwd)} && exec ${['env', '-i', ...set, command, ...argv].map(quoted).join(' ')}`;
    },
    processes: () => processesOf(home.tunnelsHome),
    async dispose() {
      if (cli.processes().length > 0) await cli.run(['supervisor', 'stop']);
      const left = cli.processes();
      for (const pid of left) send(pid, 'SIGKILL');
      await until(() => !left.some(isAlive), { what: 'the supervisor to end' });
      home.remove();
    },
  };
  return cli;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

function place({ netns, as }: CliOptions): string[] {
  const inside = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
  return as ? [...inside, 'setpriv', '--reuid', String(as.uid), '--regid', String(as.gid), '--clear-groups'] : inside;
}

function parse<T>(ran: Ran, args: readonly string[]): T {
  try {
    return JSON.parse(ran.stdout) as T;
  } catch {
    throw new Error(`tunnels ${args.join(' ')} (${ran.code}) gave no JSON document:\n${ran.stdout}\n${ran.stderr}`);
  }
}

// No name and no recorded pid: a supervisor that a test killed and another that replaced it are both found, and no stranger is.
function processesOf(tunnelsHome: string): number[] {
  const mark = `TUNNELS_HOME=${tunnelsHome}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environment(name).includes(mark))
    .map(Number)
    .filter(isAlive);
}

function environment(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
