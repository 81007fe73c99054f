import type { History } from '../../decide/recover.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Episode } from './episode.ts';
import type { Rungs } from './rungs.ts';

export type HistoryGiven = {
  readonly now: number;
  readonly link: HopLink;
  readonly rungs: Pick<Rungs, 'canKnock' | 'canEvict' | 'patienceMs'>;
};

/** What was done and seen in an episode until now, and what could still be done over this link. */
export function historyOf(episode: Episode, { now, link, rungs }: HistoryGiven): History {
  const deadSince = episode.old?.diedAt ?? null;
  return {
    tries: episode.tries,
    sinceMs: now - episode.startedAt,
    verdictForMs: now - (episode.verdictAt ?? now),
    canKnock: rungs.canKnock(link, episode.old),
    knocked: episode.knocked,
    canEvict: rungs.canEvict(link),
    evictions: episode.evictions,
    unlinked: episode.unlinked,
    triedFallbacks: episode.fallback === null ? episode.triedFallbacks : [...episode.triedFallbacks, episode.fallback],
    patienceMs: rungs.patienceMs(link, { afterMs: pokedAfterMs(episode) }),
    deadForMs: deadSince === null ? null : now - deadSince,
  };
}

/** From the last that the server heard of the dead session to the poke; null without a poke. */
function pokedAfterMs({ pokedAt, old, startedAt }: Episode): number | null {
  return pokedAt === null ? null : Math.max(0, pokedAt - (old?.diedAt ?? startedAt));
}
