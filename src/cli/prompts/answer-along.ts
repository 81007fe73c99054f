import { problemOf } from '../../model/problem.ts';
import type { Context } from '../command.ts';
import { follow } from '../follow.ts';
import { Answering } from './answering.ts';
import { sourceOf } from './source.ts';

/** Asks on this terminal what the tunnels of a supervisor in this process wait for, as long as it runs. */
export async function answerAlong(names: readonly string[], context: Context, running: Promise<unknown>): Promise<void> {
  const source = sourceOf(context);
  if (source === null) return;
  const over = new AbortController();
  const end = (): void => over.abort();
  running.then(end, end);
  const given = { context, source, remember: null, onAsking: () => {}, onGivenUp: () => {} };
  let answering: Answering | null = null;
  // Ctrl-C comes as a key here, and means the supervisor.
  const onFailure = (error: unknown): void => void (problemOf(error).code === 'interrupted' && process.kill(process.pid, 'SIGINT'));
  for await (const view of follow(null, context, over.signal)) {
    const client = (answering === null && (await context.connect(context.paths).catch(() => null))) || null;
    if (client !== null) answering = new Answering({ ...given, client, onFailure });
    answering?.look([...view.values()].filter(({ name }) => names.includes(name)));
  }
  answering?.end();
}
