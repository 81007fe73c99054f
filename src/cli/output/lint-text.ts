import type { LintFinding } from '../../profiles/lint/linted.ts';
import { visible } from '../../model/visible.ts';
import { printSpot } from '../../profiles/file-error.ts';
import type { Ink } from './screen.ts';

const PAINT = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** `file:line:column warning (rule): what`, then why, then what to do. */
export function lintText(finding: LintFinding, ink: Ink): string {
  const { severity, rule, text, why, fix } = finding;
  return [
    `${visible(printSpot(finding))} ${ink[PAINT[severity]](severity)} ${ink.dim(`(${rule})`)} ${visible(text)}`,
    `    ${why}`,
    `    ${ink.cyan('→')} ${visible(fix)}`,
  ].join('\n');
}
