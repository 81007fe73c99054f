import type { Readable } from 'node:stream';
import { ProblemError, problem } from '../model/problem.ts';
import { SilentError } from './client-call.ts';

/**
 * Asks the supervisor to stop and waits until it has. An open event stream tells when: the supervisor closes it last,
 * and the system does so if it cannot.
 */
export async function untilGone(open: (signal: AbortSignal) => Promise<Readable>, ask: () => Promise<unknown>): Promise<void> {
  const abort = new AbortController();
  const stream = await open(abort.signal);
  const closed = new Promise<void>((resolve) => stream.on('error', () => {}).on('close', resolve));
  stream.resume();
  const patience = setTimeout(() => abort.abort(), STOP_PATIENCE_MS);
  try {
    await ask();
    await closed;
  } finally {
    clearTimeout(patience);
    stream.destroy();
  }
  if (abort.signal.aborted) throw stillThere();
}

/** Longer than the supervisor gives its tunnels to close. */
const STOP_PATIENCE_MS = 20_000;

const stillThere = (): ProblemError =>
  new ProblemError(problem('no-supervisor', { why: 'it was asked to stop and has not' }), { cause: new SilentError() });
