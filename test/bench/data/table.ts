import type { Measured } from './measured.ts';

export const HEAD = ['work', 'tunnels', '`ssh -L`', 'ratio', 'asked', ''];

/** A row of a Markdown table. */
export const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export const rule = (cells: readonly string[]): string => row(cells.map(() => '---'));

export const cellsOf = ({ what, unit, tunnels, ssh, ratio, asked, met }: Measured): string[] => [
  what,
  `${figure(tunnels)} ${unit}`,
  `${figure(ssh)} ${unit}`,
  // Where little is asked, two digits do not tell on which side of it a ratio lies.
  ratio.toFixed(ratio < 0.2 ? 3 : 2),
  askedWords(asked),
  met === null ? '' : met ? 'met' : '**missed**',
];

function askedWords(asked: Measured['asked']): string {
  if (asked === undefined) return '';
  if ('oursAtMost' in asked) return `ours at most ${asked.oursAtMost} ×`;
  return 'atLeast' in asked ? `at least ${asked.atLeast.toFixed(1)}` : `at most ${asked.atMost}`;
}

/** Three digits that mean something. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}
