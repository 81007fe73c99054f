import type { Group, Line } from './lines.ts';
import type { LongLinkOptions } from './long-link.ts';
import { bulkOneWay, standing } from './stands.ts';

export const LONG_LINKS: readonly Group[] = [
  ...overLink({ rttMs: 100, buffers: 'large' }, [
    { direction: 'down', megabytes: 160, asked: 4 },
    { direction: 'up', megabytes: 48, asked: 1.9 },
  ]),
  ...overLink({ rttMs: 20, buffers: 'large' }, [
    { direction: 'down', megabytes: 256, asked: 3.5 },
    { direction: 'up', megabytes: 128, asked: 1.8 },
  ]),
  ...overLink({ rttMs: 100, buffers: 'default' }, [
    { direction: 'down', megabytes: 64 },
    { direction: 'up', megabytes: 48 },
  ]),
  ...overLink({ rttMs: 20, buffers: 'default' }, [
    { direction: 'down', megabytes: 128 },
    { direction: 'up', megabytes: 96 },
  ]),
];

type Row = { readonly direction: 'up' | 'down'; readonly megabytes: number; readonly asked?: number };

/** One stream over a link with a round trip of `rttMs`. Where nothing is asked, a few rounds are enough to know. */
function overLink(where: LongLinkOptions, rows: readonly Row[]): Group[] {
  return rows.map(({ direction, megabytes, asked }) => {
    const what = `${where.rttMs} ms, ${where.buffers} kernel buffers, ${direction}`;
    const line: Line = { what, of: direction, unit: 'MB/s', ...(asked !== undefined && { asked: { atLeast: asked } }) };
    const stand = standing([{ hops: 1 }], bulkOneWay(direction, { megabytes }));
    return { where, lines: [line], stand, ...(asked === undefined && { rounds: 2 }) };
  });
}
