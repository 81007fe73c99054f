/* oxlint-disable typescript/no-non-null-assertion -- every index lies within an array whose length is fixed */
/** Sorts by Batcher's merge exchange (Knuth, volume 3, algorithm 5.2.2M): which places are compared does not depend on what is there. */
export function sortInPlace(list: Uint32Array): void {
  const top = 2 ** Math.ceil(Math.log2(list.length)) / 2;
  for (let p = top; p >= 1; p /= 2) {
    for (let q = top, r = 0, d = p; ; d = q - p, q /= 2, r = p) {
      for (let i = 0; i < list.length - d; i += 1) if ((i & p) === r) exchange(list, i, i + d);
      if (q === p) break;
    }
  }
}

function exchange(list: Uint32Array, low: number, high: number): void {
  const a = list[low]!;
  const b = list[high]!;
  // The numbers have 32 bits, so their difference has its sign beyond them.
  const swap = -Number(b < a) & (a ^ b);
  list[low] = a ^ swap;
  list[high] = b ^ swap;
}
