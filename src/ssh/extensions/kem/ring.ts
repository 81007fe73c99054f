/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
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
  const near = (x - Math.imul(modulus, Math.imul(coarse, x) >> 18)) | 0;
  return (near - Math.imul(modulus, (Math.imul(fine, near) + 67_108_864) >> 27)) | 0;
}

/** One factor may be as large as the field; the other's coefficients are -1, 0 and 1. */
export function multiply(a: Int32Array, small: Int32Array, field: Field): Int32Array {
  const product = new Int32Array(2 * DEGREE);
  for (let k = 0; k < DEGREE; k += 1) {
    product[k] = convolve(a, small, { sum: k, from: 0, to: k });
    product[k + DEGREE] = convolve(a, small, { sum: k + DEGREE, from: k + 1, to: DEGREE - 1 });
  }
  for (let i = 2 * DEGREE - 2; i >= DEGREE; i -= 1) {
    // x^i = x^(i-760) + x^(i-761)
    product[i - DEGREE]! += product[i]!;
    product[i - DEGREE + 1]! += product[i]!;
  }
  const reduced = new Int32Array(DEGREE);
  for (let i = 0; i < DEGREE; i += 1) reduced[i] = reduce(product[i]!, field);
  return reduced;
}

type Range = { readonly sum: number; readonly from: number; readonly to: number };

function convolve(a: Int32Array, b: Int32Array, { sum, from, to }: Range): number {
  let total = 0;
  for (let i = from; i <= to; i += 1) total = (total + Math.imul(a[i]!, b[sum - i]!)) | 0;
  return total;
}
