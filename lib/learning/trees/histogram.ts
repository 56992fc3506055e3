// The inner loop of training: sums of gradients and hessians a bin, for the rows of one node. All else waits for this.

/** Doubles that one feature's histogram takes: gradient and hessian for 256 bins. */
export const FEATURE_DOUBLES = 512;

/**
 * Adds the rows `order[begin..end)` to the histogram at `at`. `bins` holds `width` bytes a row, `gradients` a gradient and a hessian a row.
 * Four features at a time: the additions of one row are independent, so the processor overlaps them.
 */
export function addRows(
  histogram: Float64Array, at: number, bins: Uint8Array, width: number, gradients: Float32Array, order: Uint32Array, begin: number, end: number,
): void {
  const fours = width & ~3;
  for (let i = begin; i < end; i += 1) {
    const row = order[i]!;
    const gradient = gradients[2 * row]!;
    const hessian = gradients[2 * row + 1]!;
    let bin = row * width;
    let base = at;
    let feature = 0;
    for (; feature < fours; feature += 4) {
      const a = base + (bins[bin]! << 1);
      const b = base + 512 + (bins[bin + 1]! << 1);
      const c = base + 1024 + (bins[bin + 2]! << 1);
      const d = base + 1536 + (bins[bin + 3]! << 1);
      histogram[a]! += gradient;
      histogram[a + 1]! += hessian;
      histogram[b]! += gradient;
      histogram[b + 1]! += hessian;
      histogram[c]! += gradient;
      histogram[c + 1]! += hessian;
      histogram[d]! += gradient;
      histogram[d + 1]! += hessian;
      bin += 4;
      base += 2048;
    }
    for (; feature < width; feature += 1) {
      const a = base + (bins[bin]! << 1);
      histogram[a]! += gradient;
      histogram[a + 1]! += hessian;
      bin += 1;
      base += 512;
    }
  }
}

/** The same for a few features only: the histogram of `chosen[n]` begins at `n * FEATURE_DOUBLES`. */
export function addRowsOf(
  chosen: ArrayLike<number>, first: number, last: number, histogram: Float64Array, bins: Uint8Array, width: number, gradients: Float32Array, order: Uint32Array, begin: number, end: number,
): void {
  for (let i = begin; i < end; i += 1) {
    const row = order[i]!;
    const gradient = gradients[2 * row]!;
    const hessian = gradients[2 * row + 1]!;
    const at = row * width;
    for (let n = first; n < last; n += 1) {
      const a = n * FEATURE_DOUBLES + (bins[at + chosen[n]!]! << 1);
      histogram[a]! += gradient;
      histogram[a + 1]! += hessian;
    }
  }
}

/**
 * Moves the rows of a node that go left to the front of its range, in order, and returns where those that go right begin.
 * `goesLeft` says it for each of the 256 bins, as 1 or 0; `scratch` is as long as the range.
 */
export function partition(
  order: Uint32Array, begin: number, end: number, bins: Uint8Array, width: number, feature: number, goesLeft: Uint8Array, scratch: Uint32Array,
): number {
  let left = begin;
  let right = 0;
  // Both places are written and one of the two counters moves: no branch to mispredict.
  for (let i = begin; i < end; i += 1) {
    const row = order[i]!;
    const isLeft = goesLeft[bins[row * width + feature]!]!;
    order[left] = row;
    scratch[right] = row;
    left += isLeft;
    right += 1 - isLeft;
  }
  order.set(scratch.subarray(0, right), left);
  return left;
}
