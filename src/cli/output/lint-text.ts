import type { LintFinding } from '../../profiles/lint/linted.ts';
import { visible } from '../../model/visible.ts';
import { printSpot } from '../../profiles/file-error.ts';
import type { Ink } from './screen.ts';

const PAINT = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** `all`: name every place, however many. */
type Given = { readonly ink: Ink; readonly all: boolean };

/**
 * `file:line:column warning (rule) what`, then why, then what to do. What is the same of several profiles, as a server that all
 * of them go through, is said once, with every place that it is about.
 */
export function lintTexts(findings: readonly LintFinding[], given: Given): string[] {
  const groups = new Map<string, LintFinding[]>();
  for (const finding of findings) {
    const { severity, rule, text, why, fix } = finding;
    const key = JSON.stringify([severity, rule, text, why, fix]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((group) => lintText(group, given));
}

function lintText(group: readonly LintFinding[], { ink, all }: Given): string {
  const [first, ...others] = group;
  if (first === undefined) return '';
  const { severity, rule, text, why, fix } = first;
  const named = all ? others : others.slice(0, MOST_PLACES);
  const left = others.length - named.length;
  return [
    `${visible(printSpot(first))} ${ink[PAINT[severity]](severity)} ${ink.dim(`(${rule})`)} ${visible(text)}`,
    ...named.map((other) => `    also ${visible(printSpot(other))}`),
    ...(left === 0 ? [] : [`    and ${left} more (--verbose and --json name them)`]),
    `    ${why}`,
    `    ${ink.cyan('→')} ${visible(fix)}`,
  ].join('\n');
}

const MOST_PLACES = 5;
