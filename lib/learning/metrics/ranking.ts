// How well scores put the positives before the negatives: area under the ROC curve, Kolmogorov-Smirnov distance.
import { MillraceError } from '../../base/index.ts';
import { checkLengths } from './classification.ts';

/** Indices by ascending score; numbers that compare equal stay in their order, as equal infinities do. */
function ascending(scores: Float32Array | Float64Array): Uint32Array {
  return Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || 0);
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counted half (Mann and Whitney).
 * NaN without rows of both labels. A score that is NaN ranks nowhere and is refused.
 */
export function areaUnderCurve(scores: Float32Array | Float64Array, labels: ArrayLike<number>, weights?: ArrayLike<number>): number {
  if (scores.length > 0 || labels.length > 0) checkLengths(scores, labels);
  const missing = scores.findIndex((score) => Number.isNaN(score));
  if (missing >= 0) throw new MillraceError('bad_input', `the score of row ${missing} is NaN`, { where: 'a metric', todo: 'leave the row out, or say what stands for a missing score' });
  const order = ascending(scores);
  let negativesBelow = 0;
  let positives = 0;
  let area = 0;
  for (let i = 0; i < order.length;) {
    const score = scores[order[i]!]!;
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; i < order.length && scores[order[i]!] === score; i += 1) {
      const row = order[i]!;
      const weight = weights === undefined ? 1 : weights[row]!;
      if (labels[row] === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    area += tiedPositives * (negativesBelow + tiedNegatives / 2);
    negativesBelow += tiedNegatives;
    positives += tiedPositives;
  }
  return area / (positives * negativesBelow);
}

/** Greatest distance between two samples' distribution functions (the two-sample Kolmogorov-Smirnov statistic). Missing values are left out. */
export function kolmogorovSmirnov(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const a = Float64Array.from(first).filter((value) => value === value).sort();
  const b = Float64Array.from(second).filter((value) => value === value).sort();
  let i = 0;
  let j = 0;
  let greatest = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i] === value) i += 1;
    while (j < b.length && b[j] === value) j += 1;
    greatest = Math.max(greatest, Math.abs(i / a.length - j / b.length));
  }
  return a.length === 0 || b.length === 0 ? NaN : greatest;
}
