import type { History } from '../../decide/recover.ts';
import type { BindingVerdict, Evidence } from '../../model/binding.ts';
import type { SessionRecord } from '../../model/session-record.ts';
import type { HopLink } from '../../ssh/remote/types.ts';
import type { Episode } from './episode.ts';
import type { Rungs } from './rungs.ts';

export type HistoryGiven = {
  readonly now: number;
  readonly link: HopLink;
  readonly rungs: Pick<Rungs, 'canKnock' | 'canEvict' | 'patience'>;
};

/** What was done and seen in an episode until now, and what could still be done over this link. */
export function historyOf(episode: Episode, { now, link, rungs }: HistoryGiven): History {
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
    ...rungs.patience(link, { afterMs: pokedAfterMs(episode) }),
    deadForMs: episode.diedAt === null ? null : now - episode.diedAt,
  };
}

/** From the last that the server heard of the dead session to the poke; null without a poke. */
function pokedAfterMs({ pokedAt, diedAt, startedAt }: Episode): number | null {
  return pokedAt === null ? null : Math.max(0, pokedAt - (diedAt ?? startedAt));
}

type Found = { readonly evidence: Pick<Evidence, 'heldBefore'>; readonly old: Pick<SessionRecord, 'diedAt'> | null };

/** A note that names no session dates a death only where the verdict is that it is one. */
export const deathOf = ({ is }: BindingVerdict, { evidence, old }: Found): number | null =>
  old?.diedAt ?? (old === null && is === 'ours-stale' ? (evidence.heldBefore?.diedAt ?? null) : null);
