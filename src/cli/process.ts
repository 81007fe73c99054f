import { createInterface } from 'node:readline';
import { systemClock } from '../platform/clock.ts';
import { pathsFor } from '../platform/paths.ts';
import { EXIT } from '../model/problems/entry.ts';
import { exitCodeOf, type Problem, problem } from '../model/problem.ts';
import type { Given, Interrupt } from './given.ts';
import { openKeyboard } from './keyboard.ts';
import { connect, ensureSupervisor } from './launch.ts';
import { main } from './main.ts';
import { explain } from './output/explain.ts';
import pc from 'picocolors';

/** Runs the command line of this process and ends it: the one place that does. */
export async function runProcess({ runSupervisor }: Pick<Given, 'runSupervisor'>): Promise<never> {
  const { env, stdin, stdout, stderr } = process;
  const output = watchOutput();
  const code = await main(process.argv.slice(2), {
    env,
    cwd: currentDirectory(),
    paths: pathsFor(env),
    stdout,
    stderr,
    keyboard: openKeyboard({ stdin, stderr }),
    stdinLines: () => createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY }),
    clock: systemClock,
    interrupt: watchInterrupt(output.unread),
    connect,
    ensureSupervisor,
    runSupervisor,
  });
  await Promise.all([flushed(stdout), flushed(stderr)]);
  const lost = output.lost();
  if (lost !== null) stderr.write(`${explain(lost, pc.createColors(false))}\n`);
  process.exit(lost !== null && code === EXIT.done ? exitCodeOf(lost) : code);
}

/** A directory that was removed has no name any more but the one the shell remembers; libraries that ask for it would throw. */
function currentDirectory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    return process.env['PWD'] ?? '/';
  }
}

/** The first Ctrl-C asks, the second ends at once. */
function watchInterrupt(unread: AbortSignal): Interrupt {
  const interrupted = new AbortController();
  const onSignal = (): void => (interrupted.signal.aborted ? process.exit(EXIT.interrupted) : interrupted.abort());
  process.on('SIGINT', onSignal);
  return { signal: interrupted.signal, unread, release: () => void process.off('SIGINT', onSignal) };
}

/**
 * A reader that has gone (`tunnels list | head -1`) is no error: what was asked for goes on, what only prints ends.
 * Anything else that keeps the output from being written is one.
 */
function watchOutput(): { readonly unread: AbortSignal; readonly lost: () => Problem | null } {
  const unread = new AbortController();
  let lost: Problem | null = null;
  process.stdout.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE' && code !== 'EIO') lost ??= problem('output-unwritable', { code });
    unread.abort();
  });
  process.stderr.on('error', () => {});
  return { unread: unread.signal, lost: () => lost };
}

/** Errors of a stream are told one turn later than the write that met them. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    const soon = (): void => void setImmediate(resolve);
    if (stream.destroyed || stream.writableLength === 0) soon();
    else stream.write('', soon);
  });
