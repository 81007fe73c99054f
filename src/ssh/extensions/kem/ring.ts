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
  const product = new Int32Array(2 * DEGREE - 1 + SUMS);
  const padded = new Int32Array(3 * DEGREE + SUMS);
  padded.set(small, DEGREE);
  for (let k = 0; k < 2 * DEGREE - 1; k += SUMS) convolve(a, padded, { product, k });
  for (let i = 2 * DEGREE - 2; i >= DEGREE; i -= 1) {
    // x^i = x^(i-760) + x^(i-761)
    product[i - DEGREE]! += product[i]!;
    product[i - DEGREE + 1]! += product[i]!;
  }
  const reduced = new Int32Array(DEGREE);
  for (let i = 0; i < DEGREE; i += 1) reduced[i] = reduce(product[i]!, field);
  return reduced;
}

type Sums = { readonly product: Int32Array; readonly k: number };

/** At a time: reading takes longer than multiplying, and neighbours read the same. */
const SUMS = 4;

/** The coefficients k to k + 3; `b` has its own DEGREE coefficients after as many zeros, and zeros behind. */
function convolve(a: Int32Array, b: Int32Array, { product, k }: Sums): void {
  const from = Math.max(0, k - DEGREE + 1);
  const to = Math.min(DEGREE - 1, k + SUMS - 1);
  let at = DEGREE + k - from;
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  let [b1, b2, b3] = [b[at + 1]!, b[at + 2]!, b[at + 3]!];
  for (let i = from; i <= to; i += 1, at -= 1) {
    const ai = a[i]!;
    const b0 = b[at]!;
    sum0 = (sum0 + Math.imul(ai, b0)) | 0;
    sum1 = (sum1 + Math.imul(ai, b1)) | 0;
    sum2 = (sum2 + Math.imul(ai, b2)) | 0;
    sum3 = (sum3 + Math.imul(ai, b3)) | 0;
    b3 = b2;
    b2 = b1;
    b1 = b0;
  }
  product.set([sum0, sum1, sum2, sum3], k);
}
