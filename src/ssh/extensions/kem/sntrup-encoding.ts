/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
import { DEGREE } from './ring.ts';

/**
 * How Streamlined NTRU Prime packs numbers of unequal ranges into bytes (NTRU Prime: round 3, section 4): pairs of digits
 * become one digit of a larger base, bytes are taken off its low end, and so on until one digit is left.
 */
export function encode(digits: readonly number[], base: number): Uint8Array {
  const out: number[] = [];
  let level = digits.map((digit) => ({ digit, base }));
  while (level.length > 1) {
    const pairs = [];
    for (let i = 0; i < level.length; i += 2) pairs.push(joined(level[i]!, level[i + 1], out));
    level = pairs;
  }
  for (let { digit, base: left } = level[0]!; left > 1; left = (left + 255) >> 8, digit >>= 8) out.push(digit & 255);
  return Uint8Array.from(out);
}

type Digit = { readonly digit: number; readonly base: number };
const LIMIT = 16_384;

function joined(low: Digit, high: Digit | undefined, out: number[]): Digit {
  if (high === undefined) return low;
  let digit = low.digit + high.digit * low.base;
  let base = low.base * high.base;
  for (; base >= LIMIT; base = (base + 255) >> 8, digit >>= 8) out.push(digit & 255);
  return { digit, base };
}

/** The reverse of `encode`, for `count` digits. Bytes that no encoding gives are read as some digits in range. Public data only. */
export function decode(bytes: Uint8Array, { base, count }: { readonly base: number; readonly count: number }): number[] {
  const levels: Shape[][] = [];
  let bases: number[] = Array.from({ length: count }, () => base);
  let at = 0;
  while (bases.length > 1) {
    const shapes: Shape[] = [];
    for (let i = 0; i < bases.length; i += 2) shapes.push(shapeOf(bases[i]!, bases[i + 1], () => bytes[at++] ?? 0));
    levels.push(shapes);
    bases = shapes.map((shape) => shape.joined);
  }
  let digits = [lastDigit(bases[0]!, bytes.subarray(at))];
  for (const shapes of levels.toReversed()) digits = shapes.flatMap((shape, i) => split(digits[i]!, shape));
  return digits;
}

type Shape = {
  readonly low: number;
  readonly high: number | null;
  readonly joined: number;
  readonly bottom: number;
  readonly scale: number;
};

function shapeOf(low: number, high: number | undefined, nextByte: () => number): Shape {
  if (high === undefined) return { low, high: null, joined: low, bottom: 0, scale: 1 };
  let [product, bottom, scale] = [low * high, 0, 1];
  for (; product >= LIMIT; product = (product + 255) >> 8, scale *= 256) bottom += scale * nextByte();
  return { low, high, joined: product, bottom, scale };
}

function lastDigit(base: number, bytes: Uint8Array): number {
  let [digit, scale] = [0, 1];
  for (let left = base, i = 0; left > 1; left = (left + 255) >> 8, i += 1, scale *= 256) digit += scale * (bytes[i] ?? 0);
  return digit % base;
}

function split(digit: number, { low, high, bottom, scale }: Shape): number[] {
  if (high === null) return [digit];
  const both = bottom + scale * digit;
  return [both % low, Math.floor(both / low) % high];
}

/** Coefficients -1, 0 and 1, four to a byte. */
export function encodeSmall(small: Int32Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(DEGREE / 4));
  small.forEach((x, i) => {
    out[i >> 2]! |= (x + 1) << (2 * (i & 3));
  });
  return out;
}
