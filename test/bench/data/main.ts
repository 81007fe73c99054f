import { writeFileSync } from 'node:fs';
import { GROUPS } from './groups.ts';
import { growth } from './growth/main.ts';
import type { Line, Where } from './lines.ts';
import { machine } from './machine.ts';
import { measure, type Measured } from './measured.ts';
import { loopback, overLongLink, type Place } from './place.ts';
import { cellsOf, HEAD, row, rule } from './table.ts';

const PARTS: Readonly<Record<string, () => Promise<boolean>>> = { table, growth };

/** `table` where no part is named. */
export async function main([part = 'table', ...more]: readonly string[]): Promise<boolean> {
  const run = PARTS[part];
  if (run === undefined || more.length > 0) throw new Error(`the parts are ${Object.keys(PARTS).join(', ')}`);
  return await run();
}

const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const ROWS = new RegExp(process.env['ROWS'] ?? '');

/**
 * The data plane against `ssh -L`: the table that is asked for, in Markdown. ROWS=regex chooses lines, ROUNDS their
 * rounds; JSON=file takes every round's figures as well.
 */
async function table(): Promise<boolean> {
  const groups = GROUPS.filter(({ lines }) => lines.some(isWanted));
  const measured: Measured[] = [];
  print(await machine(), '', row(HEAD), rule(HEAD));
  for (const where of new Set(groups.map((group) => group.where))) {
    await at(where, async (place) => {
      for (const group of groups.filter((each) => each.where === where)) {
        const lines = await measure(group, place, { rounds: ROUNDS, wanted: isWanted });
        print(...lines.map((line) => row(cellsOf(line))));
        measured.push(...lines);
      }
    });
  }
  if (process.env['JSON']) writeFileSync(process.env['JSON'], `${JSON.stringify({ machine: await machine(), measured }, null, 2)}\n`);
  return measured.every(({ met }) => met !== false);
}

const isWanted = ({ what }: Line): boolean => ROWS.test(what);

async function at(where: Where, work: (place: Place) => Promise<void>): Promise<void> {
  const place = await (where === 'loopback' ? loopback() : overLongLink(where));
  try {
    await work(place);
  } finally {
    await place.dispose();
  }
}

const print = (...lines: readonly string[]): void => void process.stdout.write(lines.map((line) => `${line}\n`).join(''));
