import type { BindingVerdict, ProbeAnswer } from '../../model/binding.ts';
import type { SessionRecord } from '../../model/session-record.ts';
import type { EpisodeTeller } from './teller.ts';

/** What was done and seen since the first refusal. Nothing is ever counted down. */
export type Episode = {
  readonly teller: EpisodeTeller;
  readonly startedAt: number;
  readonly triedFallbacks: number[];
  refusals: number;
  tries: number;
  evictions: number;
  unlinked: number;
  knocked: boolean;
  /** When the one poke of the episode was given; ms. */
  pokedAt: number | null;
  probe: ProbeAnswer | null;
  waiting: boolean;
  /** Something was done that may have changed what was found. */
  changed: boolean;
  fallback: number | null;
  lookedAt: number | null;
  verdictAt: number | null;
  verdict: BindingVerdict | null;
  /** The dead session of ours that may hold it. */
  old: SessionRecord | null;
  /** When the server last heard from the connection of ours that may hold it, as far as we know; ms. */
  diedAt: number | null;
};

export const newEpisode = (now: number): Omit<Episode, 'teller'> => ({
  startedAt: now,
  triedFallbacks: [],
  refusals: 0,
  tries: 0,
  evictions: 0,
  unlinked: 0,
  knocked: false,
  pokedAt: null,
  probe: null,
  waiting: false,
  changed: false,
  fallback: null,
  lookedAt: null,
  verdictAt: null,
  verdict: null,
  old: null,
  diedAt: null,
});

const VERDICT_TEXT: Record<BindingVerdict['is'], string> = {
  free: 'Nobody holds it any more.',
  'ours-stale': 'It is held by our own dead connection.',
  'ours-live': 'It is held by a live connection of our own.',
  'someone-else': 'It is held by somebody else.',
  'not-allowed': 'The server does not allow it.',
  'cannot-tell': 'It cannot be told who holds it.',
};

/** What is only probable is told as that. */
export function verdictText(verdict: BindingVerdict): string {
  const isProbable = verdict.is === 'ours-stale' && verdict.session === null && verdict.file === null;
  return isProbable ? 'It is most likely held by our own dead connection.' : VERDICT_TEXT[verdict.is];
}
