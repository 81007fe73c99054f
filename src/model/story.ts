import * as v from 'valibot';
import { STEP_WORDS, VERDICT_WORDS } from './snapshot.ts';

/**
 * One episode of trouble with one binding: from the first refusal, or the loss of its connection, until it
 * listens again or a person is needed. Told by `tunnels why`, `GET /v1/tunnels/:name/story` and the log.
 */
export const StoryEntrySchema = v.object({
  at: v.string(),
  /** `refused`: the server's no. `evidence`: what was found. `verdict`: what that means. `step`: what was done about it. */
  kind: v.picklist(['lost', 'refused', 'evidence', 'verdict', 'step', 'waiting', 'bound', 'asks']),
  text: v.string(),
  /** How long it took, where it took any time. */
  ms: v.nullable(v.number()),
});

export const EpisodeSchema = v.object({
  forward: v.string(),
  on: v.string(),
  listen: v.string(),
  startedAt: v.string(),
  /** Null while it goes on. */
  endedAt: v.nullable(v.string()),
  outcome: v.picklist(['going-on', 'bound', 'asks', 'called-off']),
  verdict: v.nullable(v.picklist(VERDICT_WORDS)),
  steps: v.array(v.picklist(STEP_WORDS)),
  /** When the server will have let go at the latest, as far as that is known. */
  waitsUntil: v.nullable(v.string()),
  entries: v.array(StoryEntrySchema),
});

export const StorySchema = v.object({ schemaVersion: v.literal(1), tunnel: v.string(), episodes: v.array(EpisodeSchema) });

export type StoryEntry = v.InferOutput<typeof StoryEntrySchema>;
export type Episode = v.InferOutput<typeof EpisodeSchema>;
export type Story = v.InferOutput<typeof StorySchema>;
