/** Milliseconds of `500ms`, `15s`, `30m`, `2h`, or of a plain `0`; null for anything else. */
export function parseDuration(text: string | number): number | null {
  if (text === 0 || text === '0') return 0;
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(String(text));
  return match ? Number(match[1]) * UNIT[match[2] as keyof typeof UNIT] : null;
}

const UNIT = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The two largest units that are not zero: `850ms`, `12s`, `16m`, `2h 11m`. */
export function printDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([n]) => n > 0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(' ');
}
