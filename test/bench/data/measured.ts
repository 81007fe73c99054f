import { median } from '../measure.ts';
import type { Group, Line, Sample } from './lines.ts';
import type { Place } from './place.ts';

/** A line with what came out. */
export type Measured = Line & {
  readonly tunnels: number;
  readonly ssh: number;
  readonly ratio: number;
  /** null: nothing is asked. */
  readonly met: boolean | null;
  readonly rounds: { readonly tunnels: readonly number[]; readonly ssh: readonly number[] };
};

export type Wish = { readonly rounds: number; readonly wanted: (line: Line) => boolean };

/** Ours, ssh, ours, ssh ...: a machine's drift hits both alike. The first round warms caches and does not count. */
export async function measure(group: Group, place: Place, { rounds, wanted }: Wish): Promise<Measured[]> {
  const stand = await group.stand(place);
  const enough = Math.min(rounds, group.rounds ?? rounds);
  const samples: { tunnels: Sample; ssh: Sample }[] = [];
  try {
    for (let round = 0; round <= enough; round++) {
      const both = { tunnels: await stand.tunnels(), ssh: await stand.ssh() };
      if (round > 0) samples.push(both);
    }
  } finally {
    await stand.close();
  }
  return group.lines.filter(wanted).map((line) => judged(line, samples));
}

function judged(line: Line, samples: readonly { tunnels: Sample; ssh: Sample }[]): Measured {
  const rounds = {
    tunnels: samples.map(({ tunnels }) => tunnels[line.of] ?? Number.NaN),
    ssh: samples.map(({ ssh }) => ssh[line.of] ?? Number.NaN),
  };
  const [tunnels, ssh] = [median(rounds.tunnels), median(rounds.ssh)];
  const ratio = tunnels / ssh;
  return { ...line, tunnels, ssh, ratio, met: isMet(line.asked, { tunnels, ratio }), rounds };
}

function isMet(asked: Line['asked'], { tunnels, ratio }: { readonly tunnels: number; readonly ratio: number }): boolean | null {
  if (asked === undefined) return null;
  if ('oursAtMost' in asked) return tunnels <= asked.oursAtMost;
  return 'atLeast' in asked ? ratio >= asked.atLeast : ratio <= asked.atMost;
}
