// How far a feature or a score has moved since training: the population stability index. (Its companion, Kolmogorov-Smirnov, is in ranking.ts.)
import { MillraceError } from '../../base/index.ts';

/** A share of nothing would be infinitely surprising: bins are given at least this share. */
const LEAST_SHARE = 1e-4;

/** What is kept of the training rows, so that later rows can be compared without them. */
export interface DriftBaseline {
  /** Ascending cuts between the bins; a value equal to a cut belongs to the bin above. */
  cuts: number[];
  /** Share of the rows in each bin, then the share of missing values. */
  shares: number[];
}

/** Bins of about equal share of the values at training. */
export function driftBaseline(values: ArrayLike<number>, bins = 10): DriftBaseline {
  const sorted = Float64Array.from(values).filter((value) => value === value).sort();
  if (values.length === 0) throw new MillraceError('bad_input', 'there are no values to compare with', { where: 'drift', todo: 'give those of the training rows' });
  const cuts: number[] = [];
  for (let bin = 1; bin < bins; bin += 1) {
    const cut = sorted[Math.floor((bin * sorted.length) / bins)];
    if (cut !== undefined && cut > sorted[0]! && cut !== cuts.at(-1)) cuts.push(cut);
  }
  return { cuts, shares: sharesOf(values, cuts) };
}

function sharesOf(values: ArrayLike<number>, cuts: readonly number[]): number[] {
  const counts = Array.from({ length: cuts.length + 2 }, () => 0);
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    let bin = cuts.length + 1;
    if (value === value) {
      bin = 0;
      while (bin < cuts.length && value >= cuts[bin]!) bin += 1;
    }
    counts[bin]! += 1;
  }
  return counts.map((count) => count / Math.max(values.length, 1));
}

/**
 * Population stability index of later values against the baseline: below 0.1 nothing has moved, above 0.25 much has. Missing values are a bin of
 * their own.
 */
export function populationStability(baseline: DriftBaseline, values: ArrayLike<number>): number {
  return sharesOf(values, baseline.cuts).reduce((sum, share, bin) => {
    const now = Math.max(share, LEAST_SHARE);
    const then = Math.max(baseline.shares[bin]!, LEAST_SHARE);
    return sum + (now - then) * Math.log(now / then);
  }, 0);
}
