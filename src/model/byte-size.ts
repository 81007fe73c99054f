/** Bytes of `64 KiB`, `32MiB`, `1.5 GiB`, or of a plain number; null for anything else, and for what is no whole number of bytes. */
export function parseBytes(text: string | number): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMG]iB)?$/i.exec(String(text).trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * UNIT[(match[2] ?? 'b').toLowerCase() as keyof typeof UNIT];
  return Number.isSafeInteger(bytes) ? bytes : null;
}

const UNIT = { b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 } as const;

/** The largest unit that leaves at least one, with one digit behind the point where that says more: `0 B`, `64 KiB`, `1.5 GiB`. */
export function printBytes(bytes: number): string {
  const [size, unit] = SHOWN.find(([least]) => bytes >= least) ?? [1, 'B'];
  return `${Number((bytes / size).toFixed(1))} ${unit}`;
}

const SHOWN = [
  [UNIT.gib, 'GiB'],
  [UNIT.mib, 'MiB'],
  [UNIT.kib, 'KiB'],
] as const;
