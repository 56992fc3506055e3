// The normal distribution's quantiles.

/** The x below which a standard normal variable falls with this probability (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) return probability === 0 ? -Infinity : probability === 1 ? Infinity : NaN;
  const a = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const polynomial = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
  const tail = (q: number): number => polynomial(c, q) / (polynomial(d, q) * q + 1);
  if (probability < 0.02425) return tail(Math.sqrt(-2 * Math.log(probability)));
  if (probability > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - probability)));
  const centred = probability - 0.5;
  const square = centred * centred;
  return (polynomial(a, square) * centred) / (polynomial(b, square) * square + 1);
}

/** Quantiles of Student's distribution above the middle, from the normal ones (Fisher and Cornish 1960): to three digits from three degrees of freedom on. */
export function studentQuantile(probability: number, freedom: number): number {
  const z = normalQuantile(probability);
  if (freedom === Infinity) return z;
  const few = Math.max(3, freedom);
  return z + (z ** 3 + z) / (4 * few) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * few ** 2) + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * few ** 3);
}
