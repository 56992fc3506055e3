// What training takes: a column of float32 a feature, NaN where a value is missing; labels; weights.
import { MillraceError } from '../base/index.ts';

export interface FeatureColumn {
  name: string;
  /** categorical: the values are codes 0, 1, 2, … without order. Default numeric. */
  kind?: 'numeric' | 'categorical';
  /** One value a row; NaN is missing. */
  values: Float32Array;
}

export interface TrainingSet {
  features: readonly FeatureColumn[];
  /** One value a row: 0 or 1 for a classification, the target itself for a regression. */
  labels: Float32Array;
  /** One weight a row, 0 or more; default 1 each. */
  weights?: Float32Array;
}

/** The greatest code of a category that training takes; rarer ones are best grouped beforehand. */
export const MAX_CATEGORY = 253;

/** Refuses, by name, a set that cannot be learned from: lengths, infinities, labels, weights, codes. */
export function checkTrainingSet({ features, labels, weights }: TrainingSet, what = 'the training set'): void {
  const rows = labels.length;
  const refuse = (message: string, todo: string): never => {
    throw new MillraceError('bad_input', message, { where: what, todo });
  };
  if (rows === 0) refuse('there are no rows', 'widen its time range, or look at what its query leaves out');
  if (features.length === 0) refuse('there are no features', 'name at least one');
  if (new Set(features.map(({ name }) => name)).size !== features.length) refuse('two features have the same name', 'give each a name of its own');
  for (const { name, kind, values } of features) {
    if (values.length !== rows) refuse(`feature ${name} has ${values.length} values for ${rows} rows`, 'give one value a row, NaN where it is missing');
    for (let row = 0; row < rows; row += 1) {
      const value = values[row]!;
      if (value === Infinity || value === -Infinity) refuse(`feature ${name} is infinite in row ${row}`, 'NaN stands for a missing value; a ratio over 0 is missing');
      if (kind === 'categorical' && value === value && (value < 0 || value > MAX_CATEGORY || value !== Math.floor(value))) {
        refuse(`feature ${name} has the code ${value} in row ${row}`, `codes of categories are whole numbers from 0 to ${MAX_CATEGORY}; group the rare ones`);
      }
    }
  }
  for (let row = 0; row < rows; row += 1) if (!Number.isFinite(labels[row])) refuse(`the label of row ${row} is ${labels[row]}`, 'leave out rows whose label is not known yet');
  if (weights === undefined) return;
  if (weights.length !== rows) refuse(`there are ${weights.length} weights for ${rows} rows`, 'give one weight a row, or none at all');
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    const weight = weights[row]!;
    if (!(weight >= 0 && weight < Infinity)) refuse(`the weight of row ${row} is ${weight}`, 'weights are 0 or more');
    total += weight;
  }
  if (!(total > 0)) refuse('all weights are 0', 'give at least one row some weight');
}

/** The columns as rows, one after the other: what scoring takes. */
export function rowMajor(features: readonly FeatureColumn[]): Float32Array {
  const rows = features[0]?.values.length ?? 0;
  const width = features.length;
  const matrix = new Float32Array(rows * width);
  features.forEach(({ values }, feature) => {
    for (let row = 0; row < rows; row += 1) matrix[row * width + feature] = values[row]!;
  });
  return matrix;
}
