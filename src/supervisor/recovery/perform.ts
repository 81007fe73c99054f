import type { Decision } from '../../decide/recover.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Episode } from './episode.ts';
import type { Rungs } from './rungs.ts';

/** The decisions that are steps to take at once; the others end the climb for now. */
export type Immediate = Extract<Decision, { do: 'bind-again' | 'knock' | 'evict' | 'unlink' | 'fall-back' }>;

export type PerformGiven = { readonly clock: Clock; readonly rungs: Rungs; readonly link: HopLink; readonly signal: AbortSignal };

/** Carries out one step, and notes in the episode what was done. */
export async function perform(decision: Immediate, episode: Episode, given: PerformGiven): Promise<void> {
  const { clock, rungs, link, signal } = given;
  const startedAt = clock.monotonic();
  const took = (): number => clock.monotonic() - startedAt;
  switch (decision.do) {
    case 'bind-again':
      episode.tries += 1;
      return await pause(decision.afterMs, given);
    case 'knock': {
      episode.knocked = true;
      const outcome = await rungs.knock(link, episode.old, signal);
      return episode.teller.did(
        'reset',
        `Connected from the dead connection's own port, so that the server's system asks ours: ${outcome}.`,
        took(),
      );
    }
    case 'evict': {
      episode.evictions += 1;
      episode.changed = true;
      const outcome = await rungs.evict(link, decision.session, signal);
      if (episode.old !== null && (outcome === 'ended' || outcome === 'gone')) rungs.forget(episode.old);
      return episode.teller.did('evict', `Ended our own dead session there, sshd pid ${decision.session.pid}: ${outcome}.`, took());
    }
    case 'unlink': {
      episode.unlinked += 1;
      const outcome = await rungs.unlink(link, decision.file, signal);
      return episode.teller.did('evict', `Removed our own dead socket file ${decision.file.path}: ${outcome}.`, took());
    }
    case 'fall-back':
      if (episode.fallback !== null) episode.triedFallbacks.push(episode.fallback);
      episode.fallback = decision.port;
      return episode.teller.did('fallback', `Trying port ${decision.port} instead.`);
  }
}

export function pause(ms: number, { clock, signal }: Pick<PerformGiven, 'clock' | 'signal'>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, done);
    function done(): void {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
