/** `3m ago`, `in 12s`, `now`: the largest unit only, for columns. Times are ISO 8601, `now` is in ms. */
export function relativeTime(iso: string, now: number): string {
  const ms = Date.parse(iso) - now;
  if (Number.isNaN(ms)) return '-';
  if (Math.abs(ms) < 1000) return 'now';
  return ms < 0 ? `${largestUnit(-ms)} ago` : `in ${largestUnit(ms)}`;
}

function largestUnit(ms: number): string {
  const [size, unit] = UNITS.find(([least]) => ms >= least) ?? [1000, 's'];
  return `${Math.floor(ms / size)}${unit}`;
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1000, 's'],
];
