import type { Problem } from '../../model/problem.ts';
import type { Link } from '../../ssh/types.ts';

/**
 * When the server last heard from a link that is lost, at the latest, and so from when on it has to miss us; null where
 * it was closed in order. `now` is when it was lost; all of it in ms of the wall clock.
 */
export function lastHeardAt({ suspect, silentMs }: Pick<Link, 'suspect' | 'silentMs'>, because: Problem, now: number): number | null {
  switch (because.code) {
    case 'link-silent':
    case 'link-replaced':
      return now - because.facts.ms;
    case 'asked-down':
      // A goodbye that nobody hears ends nothing there.
      return suspect ? now - silentMs : null;
    default:
      return now;
  }
}
