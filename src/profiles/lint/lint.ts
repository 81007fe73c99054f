import type { Linted, LintFinding, LintGiven, LintRule } from './linted.ts';
import { portClash } from './port-clash.ts';
import { portNumber } from './port-number.ts';
import { secrets } from './secrets.ts';
import { shadowed } from './shadowed.ts';
import { unknownHost, unpinnedHost } from './unpinned-host.ts';

const RULES: readonly LintRule[] = [secrets, portClash, portNumber, shadowed, unpinnedHost, unknownHost];

/**
 * What is odd about profiles that have no errors, each alone and beside each other. Only what is certain to be wrong is an
 * error. By file and line; what comes of a shared base is told once.
 */
export function lint(profiles: readonly Linted[], given: LintGiven = { own: null }): readonly LintFinding[] {
  const found = RULES.flatMap((rule) => rule(profiles, given));
  const each = [...new Map(found.map((finding) => [keyOf(finding), finding])).values()];
  return each.toSorted((a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column);
}

const keyOf = ({ file, line, column, rule, text }: LintFinding): string => JSON.stringify([file, line, column, rule, text]);
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
