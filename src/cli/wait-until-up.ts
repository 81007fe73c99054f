import type { SupervisorClient } from '../api/client.ts';
import { problem, ProblemError } from '../model/problem.ts';
import { EXIT, type ExitCode } from '../model/problems/entry.ts';
import type { TunnelSnapshot } from '../model/snapshot.ts';
import type { Context } from './command.ts';
import { follow } from './follow.ts';
import { openProgress, type Progress } from './output/progress.ts';
import { settled } from './settle.ts';

export type Outcome = { readonly tunnel: TunnelSnapshot; readonly exit: ExitCode };

/**
 * Follows the tunnels, showing each change, until all have settled or `waitMs` is over; then the rest is not up in time.
 * Throws `interrupted` at Ctrl-C. The supervisor goes on in every case.
 */
export async function waitUntilUp(
  tunnels: readonly TunnelSnapshot[],
  needs: { client: SupervisorClient; context: Context; waitMs: number },
): Promise<Outcome[]> {
  const { context } = needs;
  const progress = await openProgress(context);
  const stop = new AbortController();
  const cancel = context.clock.after(needs.waitMs, () => stop.abort());
  const signal = AbortSignal.any([stop.signal, context.interrupt.signal]);
  try {
    const last = await lastView(tunnels, { ...needs, progress, signal });
    if (context.interrupt.signal.aborted) throw new ProblemError(problem('interrupted', {}));
    return last.map((tunnel) => ({ tunnel, exit: settled(tunnel) ?? EXIT.notUpInTime }));
  } finally {
    cancel();
    stop.abort();
    progress.close();
  }
}

type Watching = { readonly client: SupervisorClient; readonly context: Context; readonly progress: Progress; readonly signal: AbortSignal };

async function lastView(
  tunnels: readonly TunnelSnapshot[],
  { client, context, progress, signal }: Watching,
): Promise<readonly TunnelSnapshot[]> {
  let now = tunnels;
  for await (const view of follow(client, context, signal)) {
    now = now.map((tunnel) => view.get(tunnel.name) ?? takenDown(tunnel));
    progress.show(now);
    if (now.every((tunnel) => settled(tunnel) !== null)) break;
  }
  return now;
}

/** A tunnel that the supervisor no longer has was taken down by another command. */
const takenDown = (tunnel: TunnelSnapshot): TunnelSnapshot => ({ ...tunnel, wanted: 'down', state: 'down' });
