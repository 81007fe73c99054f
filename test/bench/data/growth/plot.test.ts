import { describe, expect, test } from 'vitest';
import { plotSvg } from './plot.ts';

const plot = { title: 'a < b', x: 'tunnels', y: 'MB' };

describe('a plot', () => {
  test('lays equal factors at equal distances, the least to the left and at the bottom', () => {
    const [[first, second, third] = []] = polylines(
      plotSvg({
        ...plot,
        series: [
          {
            name: 'one',
            points: [
              [1, 10],
              [10, 100],
              [100, 1000],
            ],
          },
        ],
      }),
    );
    expect(second![0] - first![0]).toBeCloseTo(third![0] - second![0], 0);
    expect(first![1] - second![1]).toBeCloseTo(second![1] - third![1], 0);
    expect(first![0]).toBeLessThan(second![0]);
    expect(first![1]).toBeGreaterThan(second![1]);
  });

  test('leaves out what a logarithmic axis has no place for', () => {
    const [points = []] = polylines(
      plotSvg({
        ...plot,
        series: [
          {
            name: 'one',
            points: [
              [1, 0],
              [10, 2],
              [100, 3],
            ],
          },
        ],
      }),
    );
    expect(points).toHaveLength(2);
  });

  test('keeps all of its figures inside, also where they differ little', () => {
    const svg = plotSvg({
      ...plot,
      series: [
        {
          name: 'one',
          points: [
            [1, 52],
            [1000, 53],
          ],
        },
        { name: 'other', points: [[3, 0.02]] },
      ],
    });
    for (const [x, y] of polylines(svg).flat()) {
      expect(x).toBeGreaterThanOrEqual(72);
      expect(x).toBeLessThanOrEqual(620);
      expect(y).toBeGreaterThanOrEqual(48);
      expect(y).toBeLessThanOrEqual(344);
    }
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test('is well-formed whatever its words hold, and empty where nothing was measured', () => {
    const svg = plotSvg({ ...plot, series: [] });
    expect(svg).toContain('a &lt; b');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

const polylines = (svg: string): (readonly [number, number])[][] =>
  [...svg.matchAll(/points="([^"]*)"/g)].map(([, points = '']) =>
    points
      .split(' ')
      .filter(Boolean)
      .map((point) => {
        const [x, y] = point.split(',').map(Number);
        return [x!, y!] as const;
      }),
  );
