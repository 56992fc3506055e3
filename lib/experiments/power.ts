// How many units an experiment needs, said before it starts.
import { normalQuantile } from '../base/index.ts';

interface PowerQuestion {
  /** A ratio is asked as the mean of its occasions: the answer then counts these. */
  kind: 'proportion' | 'mean' | 'ratio';
  /** Of the control: a share for a proportion, the mean otherwise. */
  baseline: number;
  /** Of one unit; of a mean only. */
  standardDeviation?: number;
  /** The smallest uplift worth finding, relative to the baseline. */
  uplift: number;
  /** Chance of a false alarm, two-sided, over all looks; default 0.05. */
  alpha?: number;
  /** Chance to find an uplift of that size; default 0.8. */
  power?: number;
  /** Correlation of the metric with its value before the experiment, which CUPED takes out; default 0. */
  correlationBefore?: number;
  /** Shares of the variants, relative to each other, the control's first; each other one is compared with it. Default: two alike. */
  weights?: readonly number[];
}

export interface PowerAnswer {
  /** Units in each variant, in their mean where shares differ, if there were one look at the end: the textbook's figure. */
  unitsForOneLook: number;
  /** The same with the confidence that holds at every look, which is what the report uses. */
  unitsWithDailyLooks: number;
}

/**
 * Units per variant for a difference of means (or of proportions, unpooled): of all units N = (z₁₋α⁄₂ + z_power)² (σ₀²/s₀ + σ₁²/s₁) / δ², s being the shares of the control and
 * of the smallest treatment. With daily looks the quantile is the confidence sequence's at that size, and the variance the one that it goes by (see `sequential.ts`).
 */
export function unitsNeeded({ kind, baseline, standardDeviation, uplift, alpha = 0.05, power = 0.8, correlationBefore = 0, weights = [1, 1] }: PowerQuestion): PowerAnswer {
  const delta = Math.abs(baseline * uplift);
  const treated = baseline * (1 + uplift);
  const [before, after] = kind === 'proportion' ? [baseline * (1 - baseline), treated * (1 - treated)] : [(standardDeviation ?? Number.NaN) ** 2, (standardDeviation ?? Number.NaN) ** 2];
  if (!(delta > 0) || !(before >= 0 && after >= 0 && before + after > 0) || treated < 0) return { unitsForOneLook: Number.NaN, unitsWithDailyLooks: Number.NaN };
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Relative to the mean share of a variant.
  const [control, least] = [weights[0]!, Math.min(...weights.slice(1))].map((weight) => (weight * weights.length) / total) as [number, number];
  const own = before / control + after / least;
  const common = ((before * control + after * least) / (control + least)) * (1 / control + 1 / least);
  // As the comparison takes it: at the mean of both.
  const mean = (baseline * control + treated * least) / (control + least);
  const rise = (at: number): number => (kind !== 'ratio' && at > 0 ? Math.max(1, mean / at) : 1);
  const risen = (before * rise(baseline)) / control + (after * rise(treated)) / least;
  const share = alpha / (weights.length - 1);
  const units = (quantile: number, variance: number) => Math.ceil(((quantile + normalQuantile(power)) ** 2 * variance * (1 - correlationBefore ** 2)) / delta ** 2);
  // The sequence is narrowest where it was tuned to be, at the planned size: there its quantile depends on alpha alone.
  return { unitsForOneLook: units(normalQuantile(1 - share / 2), own), unitsWithDailyLooks: units(Math.sqrt(tunedQuantileSquared(share)), Math.max(risen, common)) };
}

/** The square of the sequence's width in standard errors, at the size for which ρ was chosen: (1 + 1/v) (log(v + 1) − 2 log α) with v = nρ². */
function tunedQuantileSquared(alpha: number): number {
  const v = tunedProduct(alpha);
  return (1 + 1 / v) * (Math.log(v + 1) - 2 * Math.log(alpha));
}

/** nρ² at the size for which the sequence is narrowest: −2 log α + log(1 − 2 log α) (Waudby-Smith et al., appendix B.2). */
export function tunedProduct(alpha: number): number {
  const base = -2 * Math.log(alpha);
  return base + Math.log(base + 1);
}
