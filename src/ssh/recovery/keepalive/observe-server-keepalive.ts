import type { Clock } from '../../../platform/clock.ts';
import type { Overheard } from '../../remote/types.ts';
import { doublesItsInterval, type ServerKeepalive } from './server-keepalive.ts';

export type ObserveGiven = {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The server's software version, as some double their interval. */
  readonly ident: string;
  /** Called at the first knowledge, and when a shorter interval is seen. */
  readonly learned: (keepalive: ServerKeepalive) => void;
};

/**
 * Learns a server's ClientAliveInterval from its own keepalives, without a question. sshd asks one interval after it last
 * heard from us, so only the time between two of them with nothing but our answer in between is one; it is told in whole
 * seconds, as it is configured. A server whose interval is longer than our own pings' is never seen to ask. Returns its end.
 */
export function observeServerKeepalive(link: Overheard, { clock, ident, learned }: ObserveGiven): () => void {
  const factor = doublesItsInterval(ident) ? 2 : 1;
  let before: number | null = null;
  let shortest = Number.POSITIVE_INFINITY;
  return link.onServerKeepalive((since) => {
    const now = clock.monotonic();
    const seconds = before === null || since === 'busy' ? 0 : Math.round((now - before) / factor / 1_000);
    before = now;
    if (seconds === 0 || seconds >= shortest) return;
    shortest = seconds;
    learned({ intervalMs: seconds * 1_000, countMax: null, source: 'observed', conditional: false });
  });
}
