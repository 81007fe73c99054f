import { systemClock } from '../platform/clock.ts';
import { pathsFor } from '../platform/paths.ts';
import { EXIT } from '../model/problems/entry.ts';
import { problem, exitCodeOf } from '../model/problem.ts';
import type { Given, Interrupt } from './given.ts';
import { connect, ensureSupervisor } from './launch.ts';
import { main } from './main.ts';
import { explain } from './output/explain.ts';
import pc from 'picocolors';

/** Runs the command line of this process and ends it: the one place that does. */
export async function runProcess({ runSupervisor }: Pick<Given, 'runSupervisor'>): Promise<never> {
  const { env, stdout, stderr } = process;
  const unread = new AbortController();
  watchOutput(unread);
  const code = await main(process.argv.slice(2), {
    env,
    cwd: process.cwd(),
    paths: pathsFor(env),
    stdout,
    stderr,
    clock: systemClock,
    interrupt: watchInterrupt(unread.signal),
    connect,
    ensureSupervisor,
    runSupervisor,
  });
  await Promise.all([flushed(stdout), flushed(stderr)]);
  process.exit(code);
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
function watchOutput(unread: AbortController): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    unread.abort();
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    const lost = problem('output-unwritable', { code: error.code ?? 'unknown' });
    process.stderr.write(`${explain(lost, pc.createColors(false))}\n`, () => process.exit(exitCodeOf(lost)));
  });
  process.stderr.on('error', () => {});
}

const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) resolve();
    else stream.write('', () => resolve());
  });
