/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
import { DEGREE } from './ring.ts';

/** Coefficients modulo 3, one bit each in two rows of words: which are 1, and which are -1. */
type Bits = { readonly plus: Int32Array; readonly minus: Int32Array };

const WORDS = Math.ceil((DEGREE + 1) / 32);
const bits = (): Bits => ({ plus: new Int32Array(WORDS), minus: new Int32Array(WORDS) });

/**
 * 1 / a modulo 3 and x^761 - x - 1, or null where there is none. The same division steps as modulo 4591, with 32 coefficients
 * at a time; what is tried and has no inverse is thrown away, so that only "there is none" may be seen from its time.
 */
export function invertSmall(a: Int32Array): Int32Array | null {
  const [f, g, v, r] = [bits(), bits(), bits(), bits()];
  set(f, 0, 1);
  set(f, DEGREE - 1, -1);
  set(f, DEGREE, -1);
  a.forEach((x, i) => set(g, DEGREE - 1 - i, x));
  set(r, 0, 1);
  let delta = 1;
  for (let step = 0; step < 2 * DEGREE - 1; step += 1) {
    shiftUp(v);
    // All ones where delta > 0 and the lowest coefficient of g is not 0.
    const swap = (-delta >> 31) & -((g.plus[0]! | g.minus[0]!) & 1);
    delta = (delta ^ (swap & (delta ^ -delta))) + 1;
    exchange(f, g, swap);
    exchange(v, r, swap);
    // g and r each have that multiple of f and v added that makes the lowest coefficient of g 0.
    const same = -(((f.plus[0]! & g.plus[0]!) | (f.minus[0]! & g.minus[0]!)) & 1);
    const opposite = -(((f.plus[0]! & g.minus[0]!) | (f.minus[0]! & g.plus[0]!)) & 1);
    add(g, f, { as: opposite, negated: same });
    add(r, v, { as: opposite, negated: same });
    shiftDown(g);
  }
  const sign = get(f, 0);
  const inverse = new Int32Array(DEGREE).map((_, i) => sign * get(v, DEGREE - 1 - i));
  return delta === 0 ? inverse : null;
}

function set({ plus, minus }: Bits, at: number, x: number): void {
  plus[at >> 5]! |= (x & ~(x >> 1) & 1) << (at & 31);
  minus[at >> 5]! |= ((x >> 1) & 1) << (at & 31);
}

const get = ({ plus, minus }: Bits, at: number): number => ((plus[at >> 5]! >>> (at & 31)) & 1) - ((minus[at >> 5]! >>> (at & 31)) & 1);

function exchange(a: Bits, b: Bits, mask: number): void {
  exchangeRow(a.plus, b.plus, mask);
  exchangeRow(a.minus, b.minus, mask);
}

function exchangeRow(a: Int32Array, b: Int32Array, mask: number): void {
  for (let i = 0; i < WORDS; i += 1) {
    const change = mask & (a[i]! ^ b[i]!);
    a[i]! ^= change;
    b[i]! ^= change;
  }
}

/** to += from where `as` is all ones, to -= from where `negated` is. */
function add(to: Bits, from: Bits, { as, negated }: { readonly as: number; readonly negated: number }): void {
  const { plus: toPlus, minus: toMinus } = to;
  const { plus: fromPlus, minus: fromMinus } = from;
  for (let i = 0; i < WORDS; i += 1) {
    const p = toPlus[i]!;
    const m = toMinus[i]!;
    const plus = (fromPlus[i]! & as) | (fromMinus[i]! & negated);
    const minus = (fromMinus[i]! & as) | (fromPlus[i]! & negated);
    toPlus[i] = (p & ~(plus | minus)) | (plus & ~(p | m)) | (m & minus);
    toMinus[i] = (m & ~(plus | minus)) | (minus & ~(p | m)) | (p & plus);
  }
}

function shiftUp({ plus, minus }: Bits): void {
  shiftRowUp(plus);
  shiftRowUp(minus);
}

function shiftRowUp(row: Int32Array): void {
  for (let i = WORDS - 1; i > 0; i -= 1) row[i] = (row[i]! << 1) | (row[i - 1]! >>> 31);
  row[0]! <<= 1;
}

function shiftDown({ plus, minus }: Bits): void {
  shiftRowDown(plus);
  shiftRowDown(minus);
}

function shiftRowDown(row: Int32Array): void {
  for (let i = 0; i < WORDS - 1; i += 1) row[i] = (row[i]! >>> 1) | (row[i + 1]! << 31);
  row[WORDS - 1]! >>>= 1;
}
