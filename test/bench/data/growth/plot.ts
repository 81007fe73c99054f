/** One line of a plot; what is not above zero has no place on a logarithmic axis and is left out. */
export type Series = { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] };

export type Plot = {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
};

const SIZE = { width: 640, height: 400 };
const AREA = { left: 72, right: 620, top: 48, bottom: 344 };
const COLOURS = ['#0b62a4', '#c0392b', '#2e7d32'];
const INK = '#444';

/** An SVG of its own, both axes logarithmic from the power of ten below the least to the one above the most. */
export function plotSvg(plot: Plot): string {
  const series = plot.series.map(({ name, points }) => ({ name, points: points.filter(([x, y]) => x > 0 && y > 0) }));
  const all = series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([x]) => x),
    { from: AREA.left, to: AREA.right },
  );
  const upwards = axis(
    all.map(([, y]) => y),
    { from: AREA.bottom, to: AREA.top },
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE.width}" height="${SIZE.height}" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="12" fill="${INK}">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text({ x: SIZE.width / 2, y: 22, words: plot.title, more: ' font-size="15"' }),
    text({ x: (AREA.left + AREA.right) / 2, y: SIZE.height - 12, words: plot.x }),
    text({ x: 16, y: 196, words: plot.y, more: ` transform="rotate(-90 16 196)"` }),
    ...across.ticks.flatMap((tick) => column(tick, across.at(tick))),
    ...upwards.ticks.flatMap((tick) => level(tick, upwards.at(tick))),
    ...series.flatMap((each, index) => [...curve(each, { index, x: across.at, y: upwards.at }), legend(each.name, index)]),
    '</svg>',
    '',
  ].join('\n');
}

type Axis = { readonly ticks: readonly number[]; at(value: number): number };

function axis(values: readonly number[], { from, to }: { from: number; to: number }): Axis {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
    at: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from),
  };
}

const column = (tick: number, x: number): string[] => [
  line([x, AREA.top], [x, AREA.bottom]),
  text({ x, y: AREA.bottom + 18, words: label(tick) }),
];

const level = (tick: number, y: number): string[] => [
  line([AREA.left, y], [AREA.right, y]),
  text({ x: AREA.left - 8, y: y + 4, words: label(tick), anchor: 'end' }),
];

type Where = { readonly index: number; readonly x: (value: number) => number; readonly y: (value: number) => number };

function curve({ points }: Series, { index, x, y }: Where): string[] {
  const places = points.map(([px, py]) => ({ x: x(px), y: y(py), words: label(py) }));
  const path = places.map((place) => `${round(place.x)},${round(place.y)}`).join(' ');
  // The second line's figures stand below it, or they would cover the first one's.
  const beside = index === 0 ? -8 : 18;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour(index)}" stroke-width="2"/>`,
    ...places.flatMap((place) => [
      `<circle cx="${round(place.x)}" cy="${round(place.y)}" r="3.5" fill="${colour(index)}"/>`,
      text({ ...place, y: place.y + beside, more: ` fill="${colour(index)}" font-size="11"` }),
    ]),
  ];
}

const legend = (name: string, index: number): string =>
  text({ x: AREA.left + 8, y: AREA.top - 8 + 16 * index, words: name, anchor: 'start', more: ` fill="${colour(index)}"` });

type Text = { readonly x: number; readonly y: number; readonly words: string; readonly anchor?: string; readonly more?: string };

const text = ({ x, y, words, anchor = 'middle', more = '' }: Text): string =>
  `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more}>${escaped(words)}</text>`;

const line = (a: readonly [number, number], b: readonly [number, number]): string =>
  `<line x1="${round(a[0])}" y1="${round(a[1])}" x2="${round(b[0])}" y2="${round(b[1])}" stroke="#ddd"/>`;

const colour = (index: number): string => COLOURS[index % COLOURS.length]!;

const round = (value: number): number => Math.round(value * 10) / 10;

const label = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en', { maximumSignificantDigits: 2 });

const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
