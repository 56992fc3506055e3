// Where a numeric feature is cut into bins: at most 255, about equally full, heavy values in bins of their own (LightGBM's greedy rule).
import { hashUniform } from '../random.ts';

/** The bin of missing values, in every feature. */
export const MISSING_BIN = 255;
/** The bin of categories that training never saw; no split ever names it. */
const UNSEEN_BIN = 254;
export const MAX_BINS = 255;

/** Quantiles are taken from at most this many rows: with 255 bins, more of them move no cut that matters. */
const SAMPLED_ROWS = 1 << 18;

/**
 * Ascending cuts of a column: bin b holds cuts[b-1] <= x < cuts[b]. A column with few distinct values is cut between each two of them.
 * The first row of the sample is seeded; missing values take no part.
 */
export function cutsOf(values: Float32Array, maxBins: number, seed: number): Float32Array {
  const sorted = sampleOf(values, seed).sort();
  const count = sorted.length;
  if (count === 0) return new Float32Array(0);
  const distinct = new Float32Array(count);
  const counts = new Uint32Array(count);
  let kinds = 0;
  for (let i = 0; i < count; i += 1) {
    if (kinds === 0 || sorted[i] !== distinct[kinds - 1]) {
      distinct[kinds] = sorted[i]!;
      kinds += 1;
    }
    counts[kinds - 1]! += 1;
  }
  const cuts: number[] = [];
  const between = (index: number): void => {
    cuts.push(midpoint(distinct[index]!, distinct[index + 1]!));
  };
  if (kinds <= maxBins) {
    for (let i = 0; i + 1 < kinds; i += 1) between(i);
    return Float32Array.from(cuts);
  }
  const heavy = count / maxBins;
  let restRows = count;
  let restBins = maxBins;
  for (let i = 0; i < kinds; i += 1) {
    if (counts[i]! < heavy) continue;
    restRows -= counts[i]!;
    restBins -= 1;
  }
  let mean = restRows / Math.max(restBins, 1);
  let filled = 0;
  for (let i = 0; i + 1 < kinds && cuts.length < maxBins - 1; i += 1) {
    const isHeavy = counts[i]! >= heavy;
    filled += counts[i]!;
    if (!isHeavy) restRows -= counts[i]!;
    if (!isHeavy && filled < mean && !(counts[i + 1]! >= heavy && filled >= mean / 2)) continue;
    between(i);
    filled = 0;
    if (isHeavy) continue;
    restBins -= 1;
    mean = restRows / Math.max(restBins, 1);
  }
  return Float32Array.from(cuts);
}

/** The float32 between two neighbours that has the lower one strictly below it. */
function midpoint(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle > low ? middle : high;
}

function sampleOf(values: Float32Array, seed: number): Float32Array {
  const rows = values.length;
  const size = Math.min(rows, SAMPLED_ROWS);
  const sample = new Float32Array(size);
  const step = rows / size;
  let taken = 0;
  for (let i = 0; i < size; i += 1) {
    const value = values[rows === size ? i : Math.floor((i + hashUniform(seed, i, 0)) * step)]!;
    if (value !== value) continue;
    // -0 and 0 are one value.
    sample[taken] = value + 0;
    taken += 1;
  }
  return sample.subarray(0, taken);
}

/**
 * Writes the bin of each row, at `bins[row * stride + offset]`, for the rows from `begin` to `end`: the number of cuts <= its value, found by halving, eight steps for
 * up to 255 cuts. No branch that nobody could foretell, and four rows at a time, so that a step of one need not wait for another's memory.
 */
export function binNumeric(values: Float32Array, cuts: Float32Array, begin: number, end: number, bins: Uint8Array, stride: number, offset: number): void {
  const padded = new Float32Array(256).fill(Infinity);
  padded.set(cuts);
  let to = begin * stride + offset;
  let row = begin;
  for (; row + 4 <= end; row += 4) {
    const p = values[row]!;
    const q = values[row + 1]!;
    const r = values[row + 2]!;
    const s = values[row + 3]!;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let step = 128; step > 0; step >>= 1) {
      a += step * Number(padded[a + step - 1]! <= p);
      b += step * Number(padded[b + step - 1]! <= q);
      c += step * Number(padded[c + step - 1]! <= r);
      d += step * Number(padded[d + step - 1]! <= s);
    }
    bins[to] = p === p ? a : MISSING_BIN;
    bins[to + stride] = q === q ? b : MISSING_BIN;
    bins[to + 2 * stride] = r === r ? c : MISSING_BIN;
    bins[to + 3 * stride] = s === s ? d : MISSING_BIN;
    to += 4 * stride;
  }
  for (; row < end; row += 1) {
    const value = values[row]!;
    let bin = 0;
    for (let step = 128; step > 0; step >>= 1) bin += step * Number(padded[bin + step - 1]! <= value);
    bins[to] = value === value ? bin : MISSING_BIN;
    to += stride;
  }
}

/** The same for codes of categories, of which training knew the first `known`. */
export function binCategorical(values: Float32Array, known: number, begin: number, end: number, bins: Uint8Array, stride: number, offset: number): void {
  for (let row = begin; row < end; row += 1) {
    const value = values[row]!;
    bins[row * stride + offset] = value !== value ? MISSING_BIN : value < known ? value : UNSEEN_BIN;
  }
}
