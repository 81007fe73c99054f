import { join } from 'node:path';
import { background } from '../../support/child.ts';
import { must, run } from '../../support/run.ts';
import { tempDir } from '../../support/temp-home.ts';

/** The little programs in C that make the load, in a folder of the run. */
export type Programs = { readonly load: string; readonly target: string; readonly delayLine: string };

const SOURCES = join('test', 'bench', 'data', 'native');

export async function compile(): Promise<Programs> {
  const dir = tempDir('native');
  const one = async (name: string): Promise<string> => {
    await must('cc', ['-O2', '-Wall', '-Wextra', '-pthread', '-o', join(dir, name), join(SOURCES, `${name}.c`)]).catch(explain);
    return join(dir, name);
  };
  const [load, target, delayLine] = await Promise.all([one('load'), one('target'), one('delay-line')]);
  return { load, target, delayLine };
}

function explain(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  throw new Error('this benchmark compiles its load generator: install a C compiler as `cc` (Debian: build-essential)');
}

export type Target = { readonly port: number; readonly pid: number; stop(): Promise<void> };

export async function startTarget(programs: Programs, netns?: string): Promise<Target> {
  const [command, ...args] = inside(netns, [programs.target]);
  const program = background(command, args);
  const [, port] = await program.waitFor(/port (\d+)/);
  return { port: Number(port), pid: program.pid, stop: () => program.stop() };
}

/** What `load` prints; which of it there is depends on the mode. */
export type Load = {
  readonly bytes: number;
  readonly seconds: number;
  readonly perSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
};

/** Runs one load to its end. */
export type RunLoad = (...args: readonly (string | number)[]) => Promise<Load>;

export const loadRunner =
  (programs: Programs, netns?: string): RunLoad =>
  async (...args) => {
    const [command, ...rest] = inside(netns, [programs.load, ...args.map(String)]);
    const ran = await run(command, rest);
    if (ran.code !== 0) throw new Error(`load ${args.join(' ')}: ${ran.signal ?? ran.code} ${ran.stderr}`);
    return JSON.parse(ran.stdout) as Load;
  };

/** Opens so many connections to one port and keeps them until it is stopped; `held` are those that were to be had. */
export async function hold(programs: Programs, port: number, count: number): Promise<{ held: number; stop(): Promise<void> }> {
  const program = background(programs.load, ['hold', String(port), String(count)]);
  const [, held] = await program.waitFor(/held (\d+)/);
  return { held: Number(held), stop: () => program.stop() };
}

const inside = (netns: string | undefined, argv: readonly string[]): [string, ...string[]] =>
  (netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv]) as [string, ...string[]];
