import { dirname } from 'node:path';
import { printSource } from '../source.ts';
import { each, findingAt, type Linted, type LintFinding } from './linted.ts';

/** Of one name the first is used; which one that is should be no surprise. In one folder it is a mistake. */
export const shadowed = each((profile: Linted): readonly LintFinding[] => {
  const { name, file, source, shadowedBy } = profile;
  if (shadowedBy === null) return [];
  const isBeside = dirname(shadowedBy) === dirname(file);
  return [
    findingAt(profile, [], {
      rule: 'shadowed',
      severity: isBeside ? 'warning' : 'note',
      text: `This profile ${name} (${printSource(source)}) is not used: ${shadowedBy} comes before it.`,
      why: 'Of several profiles of one name only the first is used.',
      fix: isBeside ? 'Remove one of them, or give it another name.' : 'Where both are wanted, give one of them another name.',
    }),
  ];
});
