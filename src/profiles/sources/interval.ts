import { parseDuration } from '../../model/duration.ts';
import { ownSettings } from '../../platform/own-settings.ts';
import type { Paths } from '../../platform/paths.ts';

/** The setting that says how often sources are fetched in the background. */
export const INTERVAL_KEY = 'sources.interval';
export const DEFAULT_INTERVAL = '1h';
/** Oftener is no help to anybody, and a burden to the server of a team. */
const LEAST_MS = 60_000;

export function isInterval(text: string): boolean {
  const ms = parseDuration(text);
  return ms === 0 || (ms !== null && ms >= LEAST_MS);
}

/** In ms, read now, so that a change needs no restart; 0: never. */
export function fetchInterval(paths: Paths): number {
  const own = ownSettings(paths)[INTERVAL_KEY];
  return parseDuration(typeof own === 'string' && isInterval(own) ? own : DEFAULT_INTERVAL) ?? 0;
}
