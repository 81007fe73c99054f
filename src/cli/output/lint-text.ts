import type { LintFinding } from '../../profiles/lint/linted.ts';
import { visible } from '../../model/visible.ts';
import { printSpot } from '../../profiles/file-error.ts';
import type { Ink } from './screen.ts';

const PAINT = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** `all`: name every place, however many. */
type Given = { readonly ink: Ink; readonly all: boolean };

/**
 * `file:line:column warning (rule) what`, then why, then what to do. Findings of one kind stand together above the same advice,
 * and what is the same of several profiles, as a server that all of them go through, is said once with every place.
 */
export function lintTexts(findings: readonly LintFinding[], given: Given): string[] {
  const kinds = grouped(findings, ({ severity, rule, why, fix }) => [severity, rule, why, fix]);
  return kinds.map((kind) => {
    const lines = grouped(kind, ({ text }) => [text]).flatMap((same) => placesText(same, given));
    const [{ why, fix }] = kind;
    return [...lines, `    ${why}`, `    ${given.ink.cyan('→')} ${visible(fix)}`].join('\n');
  });
}

type Some = readonly [LintFinding, ...LintFinding[]];

function grouped(findings: readonly LintFinding[], by: (finding: LintFinding) => readonly string[]): Some[] {
  const groups = new Map<string, Some>();
  for (const finding of findings) {
    const key = JSON.stringify(by(finding));
    const known = groups.get(key);
    groups.set(key, known === undefined ? [finding] : [...known, finding]);
  }
  return [...groups.values()];
}

function placesText([first, ...others]: Some, { ink, all }: Given): string[] {
  const { severity, rule, text } = first;
  const named = all ? others : others.slice(0, MOST_PLACES);
  const left = others.length - named.length;
  return [
    `${visible(printSpot(first))} ${ink[PAINT[severity]](severity)} ${ink.dim(`(${rule})`)} ${visible(text)}`,
    ...named.map((other) => `    also ${visible(printSpot(other))}`),
    ...(left === 0 ? [] : [`    and ${left} more (--verbose and --json name them)`]),
  ];
}

const MOST_PLACES = 5;
