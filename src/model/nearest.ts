import { distance } from 'fastest-levenshtein';

/** The known word that a mistyped one most probably means, or `''` where nothing is near enough to suggest. */
export function nearest(word: string, known: readonly string[]): string {
  // Edit distance is quadratic: a hostile word of a megabyte must not cost minutes.
  if (word.length > LONGEST) return '';
  const lower = word.toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(lower, candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(Math.min(candidate.length, word.length) / 2)))
    .toSorted((a, b) => a.far - b.far);
  return ranked[0]?.candidate ?? '';
}

const LONGEST = 128;
