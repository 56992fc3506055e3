// Counts that scatter as Poisson's or wider: the negative binomial with variance (1 + dispersion) × mean, its quantiles, intervals and likelihood.
import { logGamma, normalQuantile } from '../../base/index.ts';

/** Above this mean the gamma distribution of that mean and variance is near enough: its longer tail is above, as theirs is, and not as the normal one's. */
const MANY = 500;

/** The least count that is not exceeded with this probability (between 0 and 1). */
export function countQuantile(mean: number, dispersion: number, probability: number): number {
  return quantilesOf(mean, dispersion)(probability);
}

/** The quantiles of one distribution; each asked for in the time that a search takes. */
export function quantilesOf(mean: number, dispersion: number): (probability: number) => number {
  if (!(mean > 0)) return () => 0;
  if (mean > MANY) {
    // Its quantiles by the cube root of a chi-squared variable, which is nearly normal (Wilson and Hilferty 1931).
    const ninth = (1 + dispersion) / (9 * mean);
    return (probability) => Math.max(0, Math.round(mean * (1 - ninth + normalQuantile(probability) * Math.sqrt(ninth)) ** 3));
  }
  // P(0) and the ratio of each chance to the one before it; without dispersion both are Poisson's.
  const failing = dispersion / (1 + dispersion);
  const most = mean + 40 * Math.sqrt(mean * (1 + dispersion)) + 40;
  let chance = dispersion > 1e-9 ? Math.exp((-mean / dispersion) * Math.log1p(dispersion)) : Math.exp(-mean);
  const sums = [chance];
  return (probability) => {
    for (let count = sums.length - 1; sums[count]! < probability && count < most; count += 1) {
      chance *= dispersion > 1e-9 ? ((mean / dispersion + count) / (count + 1)) * failing : mean / (count + 1);
      sums.push(sums[count]! + chance);
    }
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < probability) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/**
 * Counts between which this share of the distribution falls, both included: as much beyond one end as beyond the other. What cannot fall below 0 is left to the upper end, since a rare
 * product would else get an interval for far more than was asked.
 */
export function countInterval(quantile: (probability: number) => number, share: number): { low: number; high: number } {
  const low = quantile((1 - share) / 2);
  return { low, high: quantile(low === 0 ? share : (1 + share) / 2) };
}

/** Of this count, up to what only depends on the count. */
export function countLogLikelihood(count: number, mean: number, dispersion: number): number {
  const expected = Math.max(mean, 1e-9);
  if (dispersion <= 1e-9) return count * Math.log(expected) - expected;
  const shape = expected / dispersion;
  return logGamma(count + shape) - logGamma(shape) + count * Math.log(dispersion / (1 + dispersion)) - shape * Math.log1p(dispersion);
}
