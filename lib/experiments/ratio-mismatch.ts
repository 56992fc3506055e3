// Whether the variants have as many units as they should: if not, something is wrong with the experiment, and its figures mean nothing.
import { logGamma } from '../base/index.ts';

/** How firmly the expected shares are believed beforehand, in units; larger finds small deviations later. */
const CONCENTRATION = 10_000;

/**
 * Sample ratio mismatch, testable at every look (Lindon and Malek 2022, "Anytime-valid inference for multinomial count data"): one over the Bayes factor
 * of a Dirichlet prior around the expected shares against exactly those shares.
 * @param counts units in each variant
 * @param weights expected shares, in any unit
 * @returns a p-value that holds at any time: below 0.001 is a mismatch
 */
export function ratioMismatch(counts: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const units = counts.reduce((sum, count) => sum + count, 0);
  const evidence = counts.reduce((sum, count, index) => {
    const prior = CONCENTRATION * shares[index]!;
    return sum + logGamma(prior + count) - logGamma(prior) - count * Math.log(shares[index]!);
  }, logGamma(CONCENTRATION) - logGamma(CONCENTRATION + units));
  return Math.min(1, Math.exp(-evidence));
}
