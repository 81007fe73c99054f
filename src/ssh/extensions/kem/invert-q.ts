/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
import { DEGREE, FQ, reduce } from './ring.ts';

/**
 * 1 / (3 a) modulo 4591 and x^761 - x - 1, for a that is not 0: that polynomial is irreducible, so there is always one.
 * By constant-time division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular inversion",
 * section 5) on the reversed polynomials: always 2 * 761 - 1 of them.
 */
export function invertTriple(a: Int32Array): Int32Array {
  const [f, g, v, r] = [start(), start(), start(), start()];
  f[0] = 1;
  f[DEGREE - 1] = -1;
  f[DEGREE] = -1;
  for (let i = 0; i < DEGREE; i += 1) g[DEGREE - 1 - i] = a[i]!;
  r[0] = inverseOf(3);
  let delta = 1;
  for (let step = 0; step < 2 * DEGREE - 1; step += 1) {
    const f0 = reduce(f[0]!, FQ);
    const g0 = reduce(g[0]!, FQ);
    // All ones where delta > 0 and g0 is not 0.
    const swap = (-delta >> 31) & ((g0 | -g0) >> 31);
    delta = (delta ^ (swap & (delta ^ -delta))) + 1;
    const change = swap & (f0 ^ g0);
    const by = { swap, f0: f0 ^ change, g0: g0 ^ change };
    // Coefficients beyond these no later step looks at, or they are still 0.
    divide(f, g, { ...by, count: Math.min(DEGREE, 2 * DEGREE - 2 - step) + 1 });
    follow(v, r, { ...by, count: Math.min(DEGREE, step + 1) + 1 });
  }
  const last = inverseOf(reduce(f[0]!, FQ));
  return new Int32Array(DEGREE).map((_, i) => reduce(last * reduce(v[DEGREE - 1 - i]!, FQ), FQ));
}

const start = (): Int32Array => new Int32Array(DEGREE + 1);

type Step = { readonly swap: number; readonly f0: number; readonly g0: number; readonly count: number };

/** (f, g) = (f, (f0 g - g0 f) / x), after the swap. */
function divide(f: Int32Array, g: Int32Array, { swap, f0, g0, count }: Step): void {
  f[0] = f[0]! ^ (swap & (f[0]! ^ g[0]!));
  for (let i = 1; i < count; i += 1) {
    const change = swap & (f[i]! ^ g[i]!);
    const fi = f[i]! ^ change;
    f[i] = fi;
    g[i - 1] = shrink((Math.imul(f0, g[i]! ^ change) - Math.imul(g0, fi)) | 0);
  }
  g[count - 1] = 0;
}

/** (v, r) = (x v, f0 r - g0 x v), with the swap between. */
function follow(v: Int32Array, r: Int32Array, { swap, f0, g0, count }: Step): void {
  let shifted = 0;
  for (let i = 0; i < count; i += 1) {
    const next = v[i]!;
    const change = swap & (shifted ^ r[i]!);
    const vi = shifted ^ change;
    v[i] = vi;
    r[i] = shrink((Math.imul(f0, r[i]! ^ change) - Math.imul(g0, vi)) | 0);
    shifted = next;
  }
}

/**
 * A residue that is small but not the smallest, at half the price: for |x| < 22 million it is below 4800, and the next x,
 * 2295 times two such, is below 22 million again.
 */
const shrink = (x: number): number => (x - Math.imul(4591, (Math.imul(3654, x >> 6) + 131_072) >> 18)) | 0;

/** x^(q - 2), by Fermat. */
function inverseOf(x: number): number {
  let power = 1;
  for (let i = 2; i < FQ.modulus; i += 1) power = reduce(power * x, FQ);
  return power;
}
