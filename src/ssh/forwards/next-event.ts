import type { Duplex } from 'node:stream';
import type { StopSignal } from '../../platform/stopper.ts';

/** Resolves at the first of these events, or when the signal is aborted. The caller looks itself at what is the case. */
export function nextEvent(stream: Duplex, events: readonly string[], signal: StopSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
