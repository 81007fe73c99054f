/**
 * Polynomials modulo x^761 - x - 1 with coefficients modulo 3 or 4591: the two rings of Streamlined NTRU Prime 761
 * (NTRU Prime: round 3, section 3; https://ntruprime.cr.yp.to). An element is an Int32Array of 761 coefficients, each the
 * residue nearest to zero. Whatever is secret decides neither a branch nor an address here.
 */
export const DEGREE = 761;

export type Field = {
  readonly modulus: number;
  /** 2^18 and 2^27 divided by the modulus. */
  readonly coarse: number;
  readonly fine: number;
};

const fieldOf = (modulus: number): Field => ({
  modulus,
  coarse: Math.floor(2 ** 18 / modulus),
  fine: Math.round(2 ** 27 / modulus),
});
export const F3: Field = fieldOf(3);
export const FQ: Field = fieldOf(4591);

/** The residue nearest to zero (Barrett), for |x| < 37 million modulo 4591 and |x| < 24000 modulo 3: more than comes up here. */
export function reduce(x: number, { modulus, coarse, fine }: Field): number {
  const near = x - modulus * ((coarse * x) >> 18);
  return near - modulus * ((fine * near + 2 ** 26) >> 27);
}

/** One factor may be as large as the field; the other's coefficients are -1, 0 and 1. */
export function multiply(a: Int32Array, small: Int32Array, field: Field): Int32Array {
  const product = new Int32Array(2 * DEGREE);
  for (let i = 0; i < DEGREE; i += 1) {
    const factor = small[i]!;
    for (let j = 0; j < DEGREE; j += 1) product[i + j]! += factor * a[j]!;
  }
  for (let i = 2 * DEGREE - 2; i >= DEGREE; i -= 1) {
    // x^i = x^(i-760) + x^(i-761)
    product[i - DEGREE]! += product[i]!;
    product[i - DEGREE + 1]! += product[i]!;
  }
  return product.subarray(0, DEGREE).map((x) => reduce(x, field));
}

/**
 * 1 / (scale * a), or null where there is none. By constant-time division steps (Bernstein and Yang, "Fast constant-time
 * gcd computation and modular inversion", section 5) on the reversed polynomials: always 2 * 761 - 1 of them.
 */
export function invert(a: Int32Array, { field, scale }: { readonly field: Field; readonly scale: number }): Int32Array | null {
  const f = new Int32Array(DEGREE + 1);
  const g = new Int32Array(DEGREE + 1);
  const v = new Int32Array(DEGREE + 2);
  const r = new Int32Array(DEGREE + 2);
  f[0] = 1;
  f[DEGREE - 1] = -1;
  f[DEGREE] = -1;
  for (let i = 0; i < DEGREE; i += 1) g[DEGREE - 1 - i] = a[i]!;
  r[0] = inverseOf(scale, field);
  let delta = 1;
  for (let step = 0; step < 2 * DEGREE - 1; step += 1) {
    // All ones where delta > 0 and g[0] is not 0.
    const swap = (-delta >> 31) & ((g[0]! | -g[0]!) >> 31);
    delta = (delta ^ (swap & (delta ^ -delta))) + 1;
    const f0 = f[0]! ^ (swap & (f[0]! ^ g[0]!));
    const g0 = g[0]! ^ (swap & (f[0]! ^ g[0]!));
    const by = { swap, f0, g0 };
    // Coefficients beyond these no later step looks at, or they are still 0.
    divide(f, g, { ...by, count: Math.min(DEGREE, 2 * DEGREE - 2 - step) + 1, field });
    follow(v, r, { ...by, count: Math.min(DEGREE, step + 1) + 1, field });
  }
  const last = inverseOf(f[0]!, field);
  const inverse = new Int32Array(DEGREE);
  for (let i = 0; i < DEGREE; i += 1) inverse[i] = reduce(last * v[DEGREE - 1 - i]!, field);
  return delta === 0 ? inverse : null;
}

type Step = { readonly swap: number; readonly f0: number; readonly g0: number; readonly count: number; readonly field: Field };

/** (f, g) = (f, (f0 g - g0 f) / x), after the swap. */
function divide(f: Int32Array, g: Int32Array, { swap, f0, g0, count, field }: Step): void {
  for (let i = 0; i < count; i += 1) {
    const change = swap & (f[i]! ^ g[i]!);
    const fi = f[i]! ^ change;
    const gi = g[i]! ^ change;
    f[i] = fi;
    if (i > 0) g[i - 1] = reduce(f0 * gi - g0 * fi, field);
  }
  g[count - 1] = 0;
}

/** (v, r) = (x v, f0 r - g0 x v), with the swap between. */
function follow(v: Int32Array, r: Int32Array, { swap, f0, g0, count, field }: Step): void {
  let shifted = 0;
  for (let i = 0; i < count; i += 1) {
    const next = v[i]!;
    const change = swap & (shifted ^ r[i]!);
    const vi = shifted ^ change;
    v[i] = vi;
    r[i] = reduce(f0 * (r[i]! ^ change) - g0 * vi, field);
    shifted = next;
  }
}

/** x^(modulus - 2), by Fermat. */
function inverseOf(x: number, field: Field): number {
  let power = 1;
  for (let i = 2; i < field.modulus; i += 1) power = reduce(power * x, field);
  return power;
}
