// Answers for rows of a request, by the kinds that give any: what `/v1/predict` serves.
import { assignClusters } from '../clusters/assign.ts';
import { compileTrees } from '../predict/compile.ts';
import { scoreRows } from '../predict/score.ts';
import type { Algorithm } from '../predictor/types.ts';
import type { FittedModel } from './model-file.ts';

/** Scores rows of features, row by row: a probability or a value of trees, the number of a segment. undefined where the kind answers in batches or at a route of its own. */
export function scorerOf(fitted: FittedModel): ((matrix: Float32Array) => Float32Array) | undefined {
  if (fitted.kind === 'trees') {
    const compiled = compileTrees(fitted.model);
    return (matrix) => scoreRows(compiled, matrix);
  }
  if (fitted.kind !== 'k_means') return undefined;
  const { model } = fitted;
  const width = model.featureNames.length;
  return (matrix) => Float32Array.from(assignClusters(model, model.featureNames.map((name, feature) => ({
    name, values: Float32Array.from({ length: matrix.length / width }, (_, row) => matrix[row * width + feature]!),
  }))));
}

/** Whether models of this algorithm answer rows of a request. */
export function answersRows({ kind }: Algorithm): boolean {
  return kind === 'gradient_boosting' || kind === 'random_forest' || kind === 'k_means';
}
