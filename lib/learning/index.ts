// Learning: trees in XGBoost's format, scoring, metrics, and the plainer models around them. What only scores imports nothing of training.
export { judgeSeries, plantAnomalies, trainUsual, type AnomalyModel, type AnomalySettings, type DailySeries, type UsualSeries } from './anomalies/robust.ts';
export { assignClusters, centresOf, type ClusterModel } from './clusters/assign.ts';
export { trainClusters, type ClusterSettings } from './clusters/k-means.ts';
export { segmentQuality, type SegmentModel, type SegmentQuality, type SegmentSettings } from './clusters/segments.ts';
export { kindNamed, kindNameOf } from './kinds/catalogue.ts';
export type { Batch, BatchColumn, Kind, Measured, Trained } from './kinds/kind.ts';
export { readModel, writeModel, type FittedModel, type KindName } from './kinds/model-file.ts';
export { boostingRows } from './kinds/trees.ts';
export { completeBoosting, type CompleteBoostingSettings } from './trees/boosting-settings.ts';
export { floatText } from './xgboost/float-text.ts';
export { answersRows, scorerOf } from './kinds/score.ts';
export { predictLinear, trainLinear, trainLogistic, type LinearModel, type LinearSettings } from './linear/regression.ts';
export { oneHot } from './linear/standardise.ts';
export { DEFAULT_LATENCY_MS, judgeVersion, type GateCheck, type GateFigures, type GateVerdict } from './gate/judge.ts';
export { scoringLatency } from './gate/latency.ts';
export { measureSlices, type SliceFigure } from './gate/slices.ts';
export { testedOn, type TestCount } from './gate/tested.ts';
export { suspectsAmong, SUSPICIOUS, type Suspect } from './leaks/alone.ts';
export { leaksBetween, ROW_ITSELF, type Leak, type LeakCheck, type LeakRows } from './leaks/compare.ts';
export { brierScore, calibration, decisionsAt, logLoss, type Calibration, type Decisions, type ReliabilityBin } from './metrics/classification.ts';
export { distanceFrom, driftBaseline, modelBaseline, populationStability, type ColumnBaseline, type DriftBaseline, type ModelBaseline } from './metrics/drift.ts';
export { permutationImportance, type PermutationImportance } from './metrics/permutation.ts';
export { meanAbsoluteError, pinballLoss, rootMeanSquaredError, rSquared } from './metrics/regression.ts';
export { areaUnderCurve, kolmogorovSmirnov } from './metrics/ranking.ts';
export { compileTrees, type CompiledTrees } from './predict/compile.ts';
export { explainer, type Explainer } from './predict/contributions.ts';
export { scoreMargin, scoreMargins, scoreRow, scoreRows } from './predict/score.ts';
export { hashUniform, seededRandom, shuffled, type Random } from './random.ts';
export { recommendByCoVisitation, trainCoVisitation, type CoVisitation, type CoVisitationSettings } from './recommend/co-visitation.ts';
export { discountedGainAt, evaluateLists, recallAt } from './recommend/evaluation.ts';
export { recommendByFactors, trainFactorisation, type Factorisation, type FactorisationSettings } from './recommend/factorisation.ts';
export type { Interactions } from './recommend/interactions.ts';
export { recommendBeside, recommendTo, type Met, type OpinionWeights, type RecommenderModel } from './recommend/opinions.ts';
export { recommenderQuality, type ListQualities, type ListQuality } from './recommend/quality.ts';
export { trainRecommender, untrainedRecommender, type RecommenderSettings } from './recommend/recommender.ts';
export type { History } from './recommend/visits.ts';
export { demandQuality, type DemandModel } from './smoothing/demand.ts';
export { forecast, trainSmoothing } from './smoothing/holt-winters.ts';
export { durationOf, splitByTime, type TimeSplit } from './split/by-time.ts';
export { balancedWeights, sampleRows, takeRows, thinNegatives } from './split/sampling.ts';
export { checkTrainingSet, MAX_CATEGORY, rowMajor, type FeatureColumn, type TrainingSet } from './training-set.ts';
export { baseMargin, gainImportance, type Objective, type Tree, type TreeModel } from './tree-model.ts';
export type { BoostingSettings, EvaluationMetric } from './trees/boosting-settings.ts';
export {
  trainBoostedTrees, trainForest, type BoostingOptions, type BoostingResult, type ForestOptions, type ForestSettings,
} from './trees/train.ts';
export { readXgboost } from './xgboost/read.ts';
export { writeXgboostJson } from './xgboost/write.ts';
export {
  byTime, exponentialSmoothing, gradientBoosting, kMeans, predictor, randomForest, recommender, robustResidual,
} from './predictor/declare.ts';
export { isOfTrees, METRICS, type Algorithm, type Gate, type Metric, type Predictor } from './predictor/types.ts';
export { AT_TIME, byMaturity, datasetOf, joinedDatasets, matrixOf, newestOpen, timesOf, type Dataset } from './predictor/dataset.ts';
export { batchSources, MADE_FROM, type BatchSource } from './predictor/batch-source.ts';
export {
  inTrainingSet, openRows, readDataset, readingOptions, rowsAbout, sampleCondition, sampleOf, trainingSql, viewOf, type ReadOptions, type RowsToRead, type Sampled,
} from './predictor/training-sql.ts';
export { loadPredictors, type LoadedPredictor } from './predictor/load.ts';
export { laterWindow } from './kinds/later-window.ts';
export { batchOf, measure, trainPredictor, type TrainedVersion } from './predictor/train.ts';
export type { AliasChange, Aliases, AliasState, ModelAlias } from './registry/alias-state.ts';
export {
  DEFAULT_CANARY_LIMITS, endAsJudged, judgeCanary, type Canary, type CanaryCheck, type CanaryEnd, type CanaryLimits, type CanaryOutcomes, type CanarySide, type CanaryVerdict, type CanaryView,
} from './registry/canary.ts';
export { modelCardText } from './registry/card-text.ts';
export { probabilityText } from './registry/figures.ts';
export type { ModelCard } from './registry/card.ts';
export { ModelReader } from './registry/reader.ts';
export { ModelRegistry } from './registry/registry.ts';
export { MODEL_TAG, tagSnapshots, TRAINING_KEPT_MS, UNUSED_KEPT_MS } from './registry/training-tags.ts';
export { modelStoreOn, type ModelStore } from './registry/store.ts';
export { MlflowClient, MlflowRefusal, mlflowSettings, type MlflowSettings, type Send } from './tracking/mlflow-client.ts';
export { sendAliases, sendVersion, sentKey, sentVersions } from './tracking/publish.ts';
export { tune, type Trial, type TuneOptions, type Tuning } from './tuning/search.ts';
export { choice, range, type SearchSpace } from './tuning/space.ts';
