import { describe, expect, test } from 'vitest';
import type { Line, Sample } from './lines.ts';
import { failed, measure } from './measured.ts';
import type { Place } from './place.ts';

const line = { what: 'speed', of: 'rate', unit: 'MB/s', asked: { atLeast: 1.5 } } as const;

describe('rounds', () => {
  test('take turns, and the first of them does not count', async () => {
    const { turns, measured } = await play({ tunnels: [900, 3, 4, 5], ssh: [1, 2, 2, 2], rounds: 3 });
    expect(turns).toEqual(['tunnels', 'ssh', 'tunnels', 'ssh', 'tunnels', 'ssh', 'tunnels', 'ssh', 'closed']);
    expect(measured).toMatchObject([{ tunnels: 4, ssh: 2, ratio: 2, met: true, rounds: { tunnels: [3, 4, 5], ssh: [2, 2, 2] } }]);
  });

  test('are fewer where a group has enough with fewer', async () => {
    const { turns } = await play({ tunnels: [1, 1, 1], ssh: [1, 1, 1], rounds: 7, most: 1 });
    expect(turns).toHaveLength(2 * 2 + 1);
  });

  test('give back what was opened when one of them fails', async () => {
    const turns: string[] = [];
    const stand = { tunnels: () => Promise.reject(new Error('lost')), ssh: async () => ({}), close: async () => void turns.push('closed') };
    const group = { where: 'loopback', lines: [line], stand: async () => stand } as const;
    await expect(measure(group, {} as Place, { rounds: 2, wanted: () => true })).rejects.toThrow('lost');
    expect(turns).toEqual(['closed']);
  });
});

describe('what is asked', () => {
  test.each<[Line['asked'], number, number, boolean | null]>([
    [{ atLeast: 1.5 }, 15, 10, true],
    [{ atLeast: 1.5 }, 14, 10, false],
    [{ atMost: 0.6 }, 6, 10, true],
    [{ atMost: 0.6 }, 7, 10, false],
    [{ oursAtMost: 2 }, 2, 1, true],
    [{ oursAtMost: 2 }, 3, 100, false],
    [undefined, 1, 1, null],
  ])('%j of %d against %d is met: %s', async (asked, tunnels, ssh, met) => {
    const { measured } = await play({ tunnels: [tunnels, tunnels], ssh: [ssh, ssh], rounds: 1, asked });
    expect(measured[0]!.met).toBe(met);
  });

  test('is missed by what gave no figures at all', () => {
    expect(failed(line).met).toBe(false);
  });
});

type Played = {
  readonly tunnels: readonly number[];
  readonly ssh: readonly number[];
  readonly rounds: number;
  readonly most?: number;
  readonly asked?: Line['asked'];
};

async function play({ rounds, most, ...given }: Played) {
  const turns: string[] = [];
  const client = (name: 'tunnels' | 'ssh') => async (): Promise<Sample> => {
    turns.push(name);
    return { rate: given[name][turns.filter((turn) => turn === name).length - 1]! };
  };
  const stand = { tunnels: client('tunnels'), ssh: client('ssh'), close: async () => void turns.push('closed') };
  const { asked: _, ...plain } = line;
  const asked = 'asked' in given ? given.asked : line.asked;
  const lines: Line[] = [{ ...plain, ...(asked !== undefined && { asked }) }];
  const group = { where: 'loopback', lines, stand: async () => stand, ...(most !== undefined && { rounds: most }) } as const;
  return { turns, measured: await measure(group, {} as Place, { rounds, wanted: () => true }) };
}
