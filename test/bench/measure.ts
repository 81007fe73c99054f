export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Medians of several works that take turns, so that a machine's drift hits all alike. */
export async function inTurns<Name extends string>(
  rounds: number,
  works: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const all = Object.fromEntries(Object.keys(works).map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds + 1; round++) {
    for (const name of Object.keys(works) as Name[]) {
      const value = await works[name]();
      // The first round warms caches.
      if (round > 0) all[name].push(value);
    }
  }
  return Object.fromEntries(Object.entries<number[]>(all).map(([name, values]) => [name, median(values)])) as Record<Name, number>;
}

export type Row = { readonly what: string; readonly measured: string; readonly asked: string; readonly met: boolean };

export function printRows(title: string, rows: readonly Row[]): boolean {
  process.stdout.write(`\n${title}\n`);
  for (const { what, measured, asked, met } of rows)
    process.stdout.write(`  ${met ? 'ok  ' : 'MISS'} ${what}: ${measured} (asked: ${asked})\n`);
  return rows.every((row) => row.met);
}
