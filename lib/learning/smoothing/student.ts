// Quantiles of Student's distribution.
import { normalQuantile } from '../../base/index.ts';

/**
 * The t below which a variable of Student's distribution falls with this probability (Hill 1970, algorithm 396): exact for one and two degrees of freedom, else to three digits and
 * more. Infinite freedom is the normal distribution.
 * @param probability above 0.5
 * @param freedom a whole number from 1 on, or Infinity
 */
export function studentQuantile(probability: number, freedom: number): number {
  if (freedom === Infinity) return normalQuantile(probability);
  const tails = 2 * (1 - probability);
  if (freedom === 1) return 1 / Math.tan((tails * Math.PI) / 2);
  if (freedom === 2) return Math.sqrt(2 / (tails * (2 - tails)) - 2);
  const a = 1 / (freedom - 0.5);
  const b = 48 / (a * a);
  let c = (((20_700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom;
  let y = (d * tails) ** (2 / freedom);
  if (y <= a + 0.05) {
    y = ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) + 0.5 / (freedom + 4)) * y - 1) * ((freedom + 1) / (freedom + 2)) + 1 / y;
    return Math.sqrt(freedom * y);
  }
  const x = normalQuantile(tails / 2);
  y = x * x;
  if (freedom < 5) c += 0.3 * (freedom - 4.5) * (x + 0.6);
  c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
  y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
  return Math.sqrt(freedom * Math.expm1(a * y * y));
}
