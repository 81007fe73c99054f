import { type Finding, SEVERITIES, type Severity } from '../../model/finding.ts';
import type { Ink } from './screen.ts';

/** Grouped by what they are about; the group with the worst finding first, and the worst first in each. */
export function findingsText(findings: readonly Finding[], ink: Ink): string {
  const subjects = [...new Set(findings.map(({ subject }) => subject))];
  const groups = subjects.map((subject) => ({ subject, all: worstFirst(findings.filter((finding) => finding.subject === subject)) }));
  const sorted = groups.toSorted((a, b) => worstRank(a.all) - worstRank(b.all));
  return sorted.map(({ subject, all }) => [ink.bold(subject), ...all.map((finding) => findingText(finding, ink))].join('\n')).join('\n\n');
}

/** `2 errors, 1 warning, 3 notes`, or that there is nothing. */
export function summaryOf(findings: readonly Finding[]): string {
  const counted = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counted.length === 0 ? 'No problems found.' : counted.join(', ');
}

const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
const worstRank = (findings: readonly Finding[]): number => Math.min(...findings.map(rank));
const worstFirst = (findings: readonly Finding[]): Finding[] => findings.toSorted((a, b) => rank(a) - rank(b));

const MARK: Record<Severity, { readonly sign: string; readonly paint: (ink: Ink) => (text: string) => string }> = {
  error: { sign: '✗', paint: (ink) => ink.red },
  warning: { sign: '!', paint: (ink) => ink.yellow },
  note: { sign: '·', paint: (ink) => ink.cyan },
  ok: { sign: '✓', paint: (ink) => ink.green },
};

function findingText({ severity, check, what, why, fix }: Finding, ink: Ink): string {
  const { sign, paint } = MARK[severity];
  const label = severity === 'ok' ? '' : `${paint(ink)(severity)} ${ink.dim(`(${check})`)} `;
  return [
    `  ${paint(ink)(sign)} ${label}${indented(what)}`,
    ...(why === '' ? [] : [`    ${indented(why)}`]),
    ...(fix === '' ? [] : [`    ${ink.cyan('→')} ${indented(fix, '      ')}`]),
  ].join('\n');
}

const indented = (text: string, by = '    '): string => text.replaceAll('\n', `\n${by}`);
