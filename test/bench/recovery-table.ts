import { median } from './measure.ts';
import { LIMIT_MS, type Taken } from './recovery-measures.ts';
import type { Row } from './recovery-rows.ts';

/** What all rounds of a row found, by client; a round that failed is counted apart, and then nothing is met. */
export type Found = { readonly row: Row; readonly tunnels: Taken[]; readonly autossh: Taken[]; failed: number };

/** Prints the table as Markdown, and says whether all that was asked for is met. */
export function printTable(found: readonly Found[]): boolean {
  const lines = found.map((each) => {
    const failed = each.failed === 0 ? '' : ` (${each.failed} rounds failed)`;
    return [each.row.situation.what, cell(each.tunnels), cell(each.autossh), each.row.asked, `${isMet(each) ? 'met' : 'MISSED'}${failed}`];
  });
  const table = [
    ['situation', 'tunnels', 'autossh, ServerAlive 5x3', 'asked of tunnels', ''],
    ['---', '---', '---', '---', '---'],
    ...lines,
  ];
  process.stdout.write(`\nBound again; ms: median (least - most, rounds)\n\n${table.map((line) => `| ${line.join(' | ')} |\n`).join('')}`);
  return found.every(isMet);
}

const isMet = ({ row, tunnels, failed }: Found): boolean => failed === 0 && tunnels.length > 0 && row.met(tunnels);

export function cell(all: readonly Taken[]): string {
  if (all.length === 0) return '—';
  const parts = [
    spread(
      all.map(({ ms }) => ms),
      time,
    ),
  ];
  const afterDial = all.flatMap(({ afterDialMs }) => afterDialMs ?? []);
  if (afterDial.length > 0) parts.push(`from the answered dial ${spread(afterDial, time)}`);
  const off = all.flatMap(({ offPercent }) => offPercent ?? []);
  if (off.length > 0) parts.push(`announced time off by ${spread(off, percent)}`);
  return parts.join('; ');
}

function spread(values: readonly number[], print: (value: number) => string): string {
  if (values.length === 1) return values.map(print).join('');
  return `${print(median(values))} (${print(Math.min(...values))} – ${print(Math.max(...values))}, ${values.length})`;
}

const percent = (value: number): string => (Number.isFinite(value) ? `${value.toFixed(1)} %` : 'none announced');
const time = (ms: number): string => (Number.isFinite(ms) ? ms.toFixed(0) : `> ${LIMIT_MS / 1_000} s`);
