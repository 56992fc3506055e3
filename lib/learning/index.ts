// Learning: trees in XGBoost's format, scoring, metrics, and the plainer models around them. What only scores imports nothing of training.
export { areaUnderCurve, kolmogorovSmirnov } from './metrics/ranking.ts';
export { compileTrees, type CompiledTrees } from './predict/compile.ts';
export { explainer, type Explainer } from './predict/contributions.ts';
export { scoreMargin, scoreMargins, scoreRow, scoreRows } from './predict/score.ts';
export { hashUniform, seededRandom, shuffled, type Random } from './random.ts';
export { checkTrainingSet, MAX_CATEGORY, rowMajor, type FeatureColumn, type TrainingSet } from './training-set.ts';
export { baseMargin, gainImportance, type Objective, type Tree, type TreeModel } from './tree-model.ts';
export type { BoostingSettings, EvaluationMetric } from './trees/boosting-settings.ts';
export {
  trainBoostedTrees, trainForest, type BoostingOptions, type BoostingResult, type ForestOptions, type ForestSettings,
} from './trees/train.ts';
export { readXgboost } from './xgboost/read.ts';
export { writeXgboostJson } from './xgboost/write.ts';
