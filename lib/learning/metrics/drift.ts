// How far a feature or a score has moved since training: population stability index and Kolmogorov-Smirnov distance, from what is kept of the training rows.
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

/**
 * Bins of about equal share of the values at training. A value that fills a bin by itself, as the 0 of a count or each side of a flag does, has one of its own
 * that holds nothing else: so a count that was hardly ever above 0 is seen to rise, and a flag that becomes a half is seen, too.
 */
export function driftBaseline(values: ArrayLike<number>, bins = 10): DriftBaseline {
  const sorted = Float64Array.from(values).filter((value) => value === value).sort();
  if (values.length === 0) throw new MillraceError('bad_input', 'there are no values to compare with', { where: 'drift', todo: 'give those of the training rows' });
  const cuts = new Set<number>();
  for (let bin = 1; bin < bins; bin += 1) {
    const cut = sorted[Math.floor((bin * sorted.length) / bins)];
    if (cut !== undefined && cut > sorted[0]!) cuts.add(cut);
  }
  for (let from = 0; from < sorted.length;) {
    const value = sorted[from]!;
    let to = from;
    while (to < sorted.length && sorted[to] === value) to += 1;
    if (to - from >= sorted.length / bins) cuts.add(value).add(value + spacing(value));
    from = to;
  }
  return withShares(values, [...cuts].sort((left, right) => left - right));
}

/** Of all values of a model's inputs and of its score: what later ones are compared with. */
export interface ModelBaseline {
  /** Rows of the training set that it was made from. */
  rows: number;
  features: Readonly<Record<string, ColumnBaseline>>;
  score: ColumnBaseline;
}

export interface ColumnBaseline {
  /** Ten bins, for the population stability index. */
  bins: DriftBaseline;
  /** Fifty, for the Kolmogorov-Smirnov distance. */
  steps: DriftBaseline;
}

/** @throws MillraceError `bad_input` without rows. */
export function modelBaseline(columns: Readonly<Record<string, ArrayLike<number>>>, scores: ArrayLike<number>): ModelBaseline {
  const of = (values: ArrayLike<number>): ColumnBaseline => ({ bins: driftBaseline(values), steps: driftBaseline(values, 50) });
  return { rows: scores.length, features: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, of(values)])), score: of(scores) };
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

/**
 * Greatest distance between the distribution functions of the baseline and of later values, looked at where the baseline has its cuts: never more than the
 * Kolmogorov-Smirnov distance of the samples themselves, and less by a bin's share at most. Missing values are left out. NaN where all are missing.
 */
export function distanceFrom(baseline: DriftBaseline, values: ArrayLike<number>): number {
  const cumulative = (shares: readonly number[]): number[] => {
    const present = 1 - shares.at(-1)!;
    let below = 0;
    return shares.slice(0, -2).map((share) => (below += share) / present);
  };
  const later = sharesOf(values, baseline.cuts);
  if (!(later.at(-1)! < 1) || !(baseline.shares.at(-1)! < 1)) return Number.NaN;
  const now = cumulative(later);
  return cumulative(baseline.shares).reduce((greatest, then, cut) => Math.max(greatest, Math.abs(then - now[cut]!)), 0);
}

function withShares(values: ArrayLike<number>, cuts: number[]): DriftBaseline {
  return { cuts, shares: sharesOf(values, cuts) };
}

/** A step above a value that single precision still tells from it. */
function spacing(value: number): number {
  return Math.max(Math.abs(value), 1e-30) * 2 ** -20;
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
