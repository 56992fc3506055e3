// Quantiles of labels and of residuals, as XGBoost takes them: they are what an absolute error or a pinball loss starts from, and what its leaves say.

/** The quantile of some values; 0 of none. Between two neighbours where the values count alike, always one of them where they are weighed. */
export function quantileOf(values: Float32Array, weights: Float32Array | undefined, quantile: number): number {
  if (values.length === 0) return 0;
  return weights === undefined ? interpolatedQuantile(values.toSorted(), quantile) : weightedQuantile(values, weights, quantile);
}

/** Of ascending values, each at its share i / (n + 1): NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2. */
function interpolatedQuantile(sorted: Float32Array, quantile: number): number {
  const place = quantile * (sorted.length + 1) - 1;
  const below = Math.floor(place);
  if (below < 0) return sorted[0]!;
  if (below >= sorted.length - 1) return sorted[sorted.length - 1]!;
  return Math.fround(sorted[below]! + (place - below) * (sorted[below + 1]! - sorted[below]!));
}

/** The least value at which the weights of the values up to it reach the quantile's share. */
function weightedQuantile(values: Float32Array, weights: Float32Array, quantile: number): number {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]! || a - b);
  let total = 0;
  for (const weight of weights) total += weight;
  let reached = 0;
  for (const index of order) {
    reached += weights[index]!;
    if (reached >= quantile * total) return values[index]!;
  }
  return values[order[order.length - 1]!]!;
}
