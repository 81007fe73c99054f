import type { Episode, StoryEntry } from '../../model/story.ts';
import type { BindingVerdict } from '../../model/binding.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../log.ts';

type Step = Episode['steps'][number];

/** What is remembered of each tunnel: enough for "what happened last night", bounded for months. */
const EPISODES_KEPT = 20;
const ENTRIES_KEPT = 100;

export type Place = { readonly forward: string; readonly on: string; readonly listen: string };

/** The stories of one tunnel's bindings; every entry also goes to the log. */
export class Teller {
  readonly #tunnel: string;
  readonly #given: { readonly clock: Clock; readonly log: Log };
  readonly #episodes: EpisodeTeller[] = [];

  constructor(tunnel: string, given: { readonly clock: Clock; readonly log: Log }) {
    this.#tunnel = tunnel;
    this.#given = given;
  }

  /** The oldest first. */
  get episodes(): readonly Episode[] {
    return this.#episodes.map((episode) => episode.told);
  }

  /** `since`: when it began, if that was before now. */
  begin(place: Place, since?: number): EpisodeTeller {
    const episode = new EpisodeTeller(place, { ...this.#given, tunnel: this.#tunnel, startedAt: since ?? this.#given.clock.now() });
    this.#episodes.push(episode);
    if (this.#episodes.length > EPISODES_KEPT) this.#episodes.shift();
    return episode;
  }

  /** The last recovery of a forward that came to its end, for the status. */
  lastOf(
    forward: string,
  ): { readonly verdict: BindingVerdict['is']; readonly steps: Step[]; readonly ms: number; readonly at: string } | null {
    const told = this.episodes.findLast(
      (episode) => episode.forward === forward && episode.outcome === 'bound' && episode.verdict !== null,
    );
    if (told === undefined || told.verdict === null || told.endedAt === null) return null;
    const ms = Date.parse(told.endedAt) - Date.parse(told.startedAt);
    return { verdict: told.verdict, steps: [...told.steps], ms, at: told.endedAt };
  }
}

type EpisodeGiven = { readonly clock: Clock; readonly log: Log; readonly tunnel: string; readonly startedAt: number };

/** One episode while it happens. */
export class EpisodeTeller {
  readonly startedAt: number;
  readonly #place: Place;
  readonly #given: EpisodeGiven;
  readonly #entries: StoryEntry[] = [];
  readonly #steps: Step[] = [];
  #verdict: BindingVerdict['is'] | null = null;
  #waitsUntil: number | null = null;
  #endedAt: number | null = null;
  #outcome: Episode['outcome'] = 'going-on';

  constructor(place: Place, given: EpisodeGiven) {
    this.#place = place;
    this.#given = given;
    this.startedAt = given.startedAt;
  }

  get told(): Episode {
    return {
      ...this.#place,
      startedAt: iso(this.startedAt),
      endedAt: this.#endedAt === null ? null : iso(this.#endedAt),
      outcome: this.#outcome,
      verdict: this.#verdict,
      steps: [...this.#steps],
      waitsUntil: this.#waitsUntil === null ? null : iso(this.#waitsUntil),
      entries: [...this.#entries],
    };
  }

  tell(kind: StoryEntry['kind'], text: string, ms: number | null = null): void {
    this.#entries.push({ at: iso(this.#given.clock.now()), kind, text, ms: ms === null ? null : Math.round(ms) });
    if (this.#entries.length > ENTRIES_KEPT) this.#entries.splice(1, 1);
    this.#given.log.info(kind, { tunnel: this.#given.tunnel, text: `${this.#place.forward}: ${text}` });
  }

  judged(verdict: BindingVerdict['is'], text: string): void {
    this.#verdict = verdict;
    this.tell('verdict', text);
  }

  /** A rung of the ladder was taken; a rung taken again counts once in the summary. */
  did(step: Step, text: string, ms: number | null = null): void {
    if (this.#steps.at(-1) !== step) this.#steps.push(step);
    this.tell(step === 'wait' ? 'waiting' : 'step', text, ms);
  }

  waits(until: number | null): void {
    this.#waitsUntil = until;
  }

  end(outcome: Exclude<Episode['outcome'], 'going-on'>, text: string): void {
    this.#endedAt = this.#given.clock.now();
    this.#outcome = outcome;
    this.#waitsUntil = null;
    this.tell(outcome === 'bound' ? 'bound' : 'asks', text, this.#endedAt - this.startedAt);
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
