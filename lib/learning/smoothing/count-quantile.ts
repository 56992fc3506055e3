// Quantiles of counts that scatter as Poisson's or wider: the negative binomial with variance (1 + dispersion) × mean.
import { normalQuantile } from './normal.ts';

/** Above this mean the normal distribution is near enough. */
const MANY = 500;

/** The least count that is not exceeded with this probability (between 0 and 1). */
export function countQuantile(mean: number, dispersion: number, probability: number): number {
  if (!(mean > 0)) return 0;
  if (mean > MANY) return Math.max(0, Math.round(mean + normalQuantile(probability) * Math.sqrt(mean * (1 + dispersion))));
  // P(0) and the ratio of each chance to the one before it; without dispersion both are Poisson's.
  const failing = dispersion / (1 + dispersion);
  let chance = dispersion > 1e-9 ? Math.exp((-mean / dispersion) * Math.log1p(dispersion)) : Math.exp(-mean);
  let sum = chance;
  const most = mean + 40 * Math.sqrt(mean * (1 + dispersion)) + 40;
  let count = 0;
  for (; sum < probability && count < most; count += 1) {
    chance *= dispersion > 1e-9 ? ((mean / dispersion + count) / (count + 1)) * failing : mean / (count + 1);
    sum += chance;
  }
  return count;
}
