// Features on one scale: mean 0, standard deviation 1. A missing value becomes the mean, a constant feature 0.
import { MillraceError } from '../../base/index.ts';
import type { FeatureColumn } from '../training-set.ts';

export interface Standardisation {
  featureNames: string[];
  means: number[];
  /** Standard deviations over all rows (dividing by their number); 1 for a constant feature. */
  deviations: number[];
}

export function standardisationOf(features: readonly FeatureColumn[], weights?: Float32Array): Standardisation {
  const means: number[] = [];
  const deviations: number[] = [];
  for (const { name, kind, values } of features) {
    if (kind === 'categorical') {
      throw new MillraceError('bad_input', `feature ${name} is categorical`, { where: name, todo: 'give one feature of 0 and 1 a category (oneHot), or use trees' });
    }
    if (values.includes(Infinity) || values.includes(-Infinity)) {
      throw new MillraceError('bad_input', `feature ${name} is infinite`, { where: name, todo: 'NaN stands for a missing value; a ratio over 0 is missing' });
    }
    let total = 0;
    let sum = 0;
    values.forEach((value, row) => {
      if (value !== value) return;
      const weight = weights?.[row] ?? 1;
      total += weight;
      sum += weight * value;
    });
    const mean = total > 0 ? sum / total : 0;
    let squares = 0;
    values.forEach((value, row) => {
      if (value === value) squares += (weights?.[row] ?? 1) * (value - mean) ** 2;
    });
    const deviation = total > 0 ? Math.sqrt(squares / total) : 0;
    means.push(mean);
    deviations.push(deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1);
  }
  return { featureNames: features.map(({ name }) => name), means, deviations };
}

/** Row by row, standardised. */
export function standardise(features: readonly FeatureColumn[], { means, deviations }: Standardisation): Float64Array {
  const rows = features[0]?.values.length ?? 0;
  const width = features.length;
  const matrix = new Float64Array(rows * width);
  features.forEach(({ values }, feature) => {
    for (let row = 0; row < rows; row += 1) {
      const value = values[row]!;
      matrix[row * width + feature] = value === value ? (value - means[feature]!) / deviations[feature]! : 0;
    }
  });
  return matrix;
}

/** One feature of 0 and 1 for each category but the first, as regressions take them. A missing code is 0 in all. */
export function oneHot({ name, values }: FeatureColumn): FeatureColumn[] {
  const greatest = values.reduce((most, code) => (code > most ? code : most), 0);
  return Array.from({ length: greatest }, (_, index) => ({ name: `${name}=${index + 1}`, values: values.map((code) => (code === index + 1 ? 1 : 0)) }));
}
