// All kinds of predictors: which algorithm is whose.
import type { Algorithm } from '../predictor/types.ts';
import { exponentialSmoothingKind } from './exponential-smoothing.ts';
import { kMeansKind } from './k-means.ts';
import type { Kind } from './kind.ts';
import type { KindName } from './model-file.ts';
import { recommenderKind } from './recommender.ts';
import { robustResidualKind } from './robust-residual.ts';
import { trees } from './trees.ts';

const KINDS = { trees, k_means: kMeansKind, exponential_smoothing: exponentialSmoothingKind, recommender: recommenderKind, robust_residual: robustResidualKind } as const;

/** What learns, measures and answers for models of a kind; it is given back the models and settings of that kind alone. */
export function kindNamed(name: KindName): Kind<Algorithm, unknown> {
  return KINDS[name] as Kind<Algorithm, unknown>;
}

export function kindNameOf({ kind }: Algorithm): KindName {
  return kind === 'gradient_boosting' || kind === 'random_forest' ? 'trees' : kind;
}
