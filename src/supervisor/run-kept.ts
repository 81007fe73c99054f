import { type Problem, ProblemError } from '../model/problem.ts';
import { keepLittleCode } from '../platform/heap.ts';
import { pathsFor } from '../platform/paths.ts';
import { SUPERVISOR_EXIT } from '../platform/supervisor-exit.ts';
import { runSupervisor } from './main.ts';

type Given = { readonly env: Readonly<Record<string, string | undefined>>; readonly argv: readonly string[]; readonly cli: string };

/** The supervisor in the background, under a keeper that goes by the exit code; see SUPERVISOR_EXIT. `--ready-fd=N` as runSupervisor's readyFd. */
export async function runKept({ env, argv, cli }: Given): Promise<number> {
  const fd = argv.map((word) => /^--ready-fd=(\d+)$/.exec(word)?.[1]).find((digits) => digits !== undefined);
  keepLittleCode();
  try {
    return await runSupervisor({ paths: pathsFor(env), env, cli, logToStderr: false, ...(fd !== undefined && { readyFd: Number(fd) }) });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const exit = exitFor(error.problem);
    if (exit !== SUPERVISOR_EXIT.anotherRuns) process.stderr.write(`${JSON.stringify(error.problem)}\n`);
    return exit;
  }
}

/** A full disk is a matter of time; a directory of somebody else is not. */
function exitFor(p: Problem): number {
  if (p.code === 'supervisor-runs') return SUPERVISOR_EXIT.anotherRuns;
  if (p.code === 'socket-path-too-long') return SUPERVISOR_EXIT.cannotStart;
  if (p.code === 'directory-unusable' && !['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE'].includes(p.facts.code))
    return SUPERVISOR_EXIT.cannotStart;
  return SUPERVISOR_EXIT.failed;
}
