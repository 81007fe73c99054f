import { median, printRows, type Row } from './measure.ts';
import { makePlace, memoryOf, sshes, tunnels, type Way } from './memory-place.ts';
import { sleep } from './one-at-a-time.ts';

const ROUNDS = 3;

/** A supervisor gives back what its start has left once it was idle for 10 seconds; a busy machine makes it wait for the next 10. */
const SETTLE_MS = 30_000;

type Case = { readonly way: Way; readonly atMost: number };

/** A tunnel to a host of its own has a connection of its own, as an `ssh -N` has; those to one host share one. */
const CASES: readonly Case[] = [
  { way: { count: 10, links: 'own' }, atMost: 0.8 },
  { way: { count: 10, links: 'shared' }, atMost: 0.8 },
  { way: { count: 100, links: 'own' }, atMost: 0.1 },
  { way: { count: 100, links: 'shared' }, atMost: 0.1 },
];

/** Resident memory of idle tunnels, the supervisor and its keeper together, against as many `ssh -N -L` to the same hosts. */
export async function main(): Promise<boolean> {
  const rows: Row[] = [];
  for (const each of CASES) rows.push(await compare(each));
  return printRows('Memory of idle tunnels', rows);
}

async function compare({ way, atMost }: Case): Promise<Row> {
  const taken: Round[] = [];
  for (let n = 0; n < ROUNDS; n += 1) taken.push(await round(way));
  const middle = (value: (round: Round) => number): number => median(taken.map(value));
  const ratio = middle(({ ours, theirs }) => ours.rss / theirs.rss);
  const [ours, theirs] = [middle((round) => round.ours.rss), middle((round) => round.theirs.rss)];
  const shares = `PSS ${mb(middle((round) => round.ours.pss))} / ${mb(middle((round) => round.theirs.pss))}`;
  return {
    what: `${way.count} idle tunnels, ${way.links === 'own' ? 'each to a host of its own' : 'all to one host'}, against ssh -N`,
    measured: `${mb(ours)} / ${mb(theirs)} = ${ratio.toFixed(2)} (${shares})`,
    asked: `at most ${atMost.toFixed(2)}`,
    met: ratio <= atMost,
  };
}

type Memory = ReturnType<typeof memoryOf>;
type Round = { readonly ours: Memory; readonly theirs: Memory };

/** Both at once: neither takes the other's memory. */
async function round(way: Way): Promise<Round> {
  const lab = await makePlace();
  try {
    const theirs = await sshes(lab, way);
    const ours = await tunnels(lab, way);
    await sleep(SETTLE_MS);
    const found = { ours: memoryOf(ours.pids), theirs: memoryOf(theirs.pids) };
    await Promise.all([ours.end(), theirs.end()]);
    return found;
  } finally {
    await lab.dispose();
  }
}

const mb = (value: number): string => `${value.toFixed(0)} MB`;
