// Parts of a training set: rows by number, seeded samples, weights that even out the labels.
import { hashUniform } from '../random.ts';
import type { TrainingSet } from '../training-set.ts';

/** These rows of a set, in this order. */
export function takeRows({ features, labels, weights }: TrainingSet, rows: Uint32Array): TrainingSet {
  const take = (values: Float32Array): Float32Array => Float32Array.from(rows, (row) => values[row]!);
  return { features: features.map((feature) => ({ ...feature, values: take(feature.values) })), labels: take(labels), ...(weights === undefined ? {} : { weights: take(weights) }) };
}

/** Row numbers of a seeded sample: each row is in it with this chance, whatever the other rows. */
export function sampleRows(count: number, share: number, seed: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row).filter((row) => hashUniform(seed, row, 0) < share);
}

/**
 * All positives and a seeded share of the negatives, whose weight makes up for those left out: probabilities stay calibrated while training takes a
 * part of the time.
 */
export function thinNegatives(set: TrainingSet, share: number, seed: number): TrainingSet {
  const rows = Uint32Array.from(set.labels.keys()).filter((row) => set.labels[row] === 1 || hashUniform(seed, row, 0) < share);
  const taken = takeRows(set, rows);
  return { ...taken, weights: Float32Array.from(rows, (row) => (set.weights?.[row] ?? 1) / (set.labels[row] === 1 ? 1 : share)) };
}

/** Weights that give both labels the same sum, and a mean of 1. */
export function balancedWeights(labels: Float32Array): Float32Array {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  return labels.map((label) => labels.length / (2 * (label === 1 ? ones : labels.length - ones)));
}
