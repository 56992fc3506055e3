// How much a metric loses when one feature's values are dealt to other rows: what the model really uses that feature for (Breiman 2001).
import { hash32, seededRandom, shuffled } from '../random.ts';

export interface PermutationImportance {
  /** How much worse the metric gets without the feature, on average over the repeats. */
  mean: number;
  /** Standard deviation over the repeats. */
  deviation: number;
}

/**
 * Importance of each feature, in order. `rows` holds `width` numbers a row; `score` gives the metric of the rows it is handed, greater being better.
 * The rows are put back as they were.
 */
export function permutationImportance(
  rows: Float32Array, width: number, score: (rows: Float32Array) => number, { repeats = 5, seed = 0 }: { repeats?: number; seed?: number } = {},
): PermutationImportance[] {
  const count = rows.length / width;
  const whole = score(rows);
  return Array.from({ length: width }, (_, feature) => {
    const kept = Float32Array.from({ length: count }, (_, row) => rows[row * width + feature]!);
    const losses = Array.from({ length: repeats }, (_, repeat) => {
      shuffled(count, seededRandom(hash32(seed, feature, repeat))).forEach((from, row) => {
        rows[row * width + feature] = kept[from]!;
      });
      return whole - score(rows);
    });
    kept.forEach((value, row) => {
      rows[row * width + feature] = value;
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    return { mean, deviation: Math.sqrt(losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / repeats) };
  });
}
