import { nearest } from '../model/nearest.ts';
import { problem, ProblemError } from '../model/problem.ts';
import type { FileError } from './file-error.ts';
import type { FoundProfile, FoundProfiles } from './find-profiles.ts';
import { isPattern, patternOf } from './pattern.ts';
import { readGroups, type GroupsGiven } from './read-groups.ts';

export type Selection = {
  /** In the order of the words, each profile once. */
  readonly profiles: readonly FoundProfile[];
  /** Where a word was a group: files whose groups could not be read, so that nobody knows whether they belong to it. */
  readonly unread: readonly FileError[];
};

/**
 * Finds what words mean: a profile's name, a pattern with `*` and `?`, or a group, in this order.
 * Throws `profile-not-found` for the first word that means nothing. Files are read only for groups.
 */
export async function selectProfiles(found: FoundProfiles, words: readonly string[], given: GroupsGiven = {}): Promise<Selection> {
  const usable = found.profiles.filter(({ shadowedBy }) => shadowedBy === null);
  const direct = words.map((word) => byName(usable, word));
  const groups = direct.some((profiles) => profiles.length === 0) ? await readGroups(usable, given) : NO_GROUPS;
  const profiles = words.flatMap((word, index) => {
    const chosen = orElse(direct[index] ?? [], () => usable.filter(({ file }) => groups.byFile.get(file)?.includes(word) ?? false));
    if (chosen.length === 0)
      throw new ProblemError(notFound(word, [...usable.map(({ name }) => name), ...[...groups.byFile.values()].flat()]));
    return chosen;
  });
  return { profiles: [...new Set(profiles)], unread: groups.unread };
}

const NO_GROUPS = { byFile: new Map<string, readonly string[]>(), unread: [] as readonly FileError[] } as const;

function byName(profiles: readonly FoundProfile[], word: string): FoundProfile[] {
  if (!isPattern(word)) return profiles.filter(({ name }) => name === word);
  const pattern = patternOf(word);
  return profiles.filter(({ name }) => pattern.test(name));
}

const orElse = <T>(first: readonly T[], other: () => readonly T[]): readonly T[] => (first.length > 0 ? first : other());

const notFound = (word: string, known: readonly string[]) => problem('profile-not-found', { name: word, nearest: nearest(word, known) });
