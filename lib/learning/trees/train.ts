// Training of boosted trees and of forests, from columns to a model.
import { MillraceError } from '../../base/index.ts';
import { runThreads, threadsFor, type ThreadOptions } from '../threads/run.ts';
import { baseMargin, type Tree, type TreeModel } from '../tree-model.ts';
import { checkTrainingSet, type FeatureColumn, type TrainingSet } from '../training-set.ts';
import type { BoostingJob } from './boost.ts';
import { checkRange, completeBoosting, type BoostingSettings, type EvaluationMetric } from './boosting-settings.ts';
import { MAX_BINS } from './cuts.ts';
import type { CompleteForestSettings, ForestJob } from './forest.ts';
import { growthMemory } from './growth-memory.ts';
import { checkLabels, leastGain, startingScore } from './objectives.ts';
import { sharedFloats, shareBinning, shareRows } from './shared-data.ts';
import { shareValidation } from './validation.ts';

export interface BoostingOptions extends ThreadOptions {
  /** Rows that no tree learns from: scored after each round, and what early stopping watches. */
  validation?: TrainingSet;
  /** Called after each round. */
  onRound?: (round: { round: number; score: number | undefined }) => void;
}

export interface BoostingResult {
  model: TreeModel;
  /** The metric of the validation rows after each round; empty without such rows. */
  scores: number[];
  /** Trees in the model: with early stopping, those up to the best score. */
  trees: number;
}

/**
 * Trains gradient-boosted trees over histograms, as XGBoost's `hist` does (Chen and Guestrin 2016). Missing values learn their direction.
 * The same seed gives the same model, whatever the number of threads.
 */
export async function trainBoostedTrees(training: TrainingSet, settings: BoostingSettings, options: BoostingOptions = {}): Promise<BoostingResult> {
  checkTrainingSet(training);
  const complete = completeBoosting(settings, training.features);
  checkLabels(complete.objective, training.labels, training.weights);
  const validation = options.validation;
  if (validation !== undefined) checkValidation(training.features, validation, complete.metric);
  if (complete.earlyStopping > 0 && validation === undefined) {
    throw new MillraceError('bad_input', 'early stopping has nothing to watch', { where: 'earlyStopping', todo: 'give validation rows, or leave it out' });
  }
  if (complete.monotone !== undefined && complete.objective !== 'binary:logistic' && complete.objective !== 'reg:squarederror') {
    throw new MillraceError('unsupported', `monotone constraints do not hold for ${complete.objective}`, { where: 'monotone', todo: 'its leaves are quantiles of residuals; use reg:squarederror' });
  }
  const rows = training.labels.length;
  const width = training.features.length;
  const threads = threadsFor(rows * width, options);
  const baseScore = startingScore(complete.objective, complete.quantile, training.labels, training.weights, complete.positiveWeight);
  const memory = growthMemory(rows, width, complete.depth, threads);
  const job: BoostingJob = {
    kind: 'boosting', settings: complete, startingMargin: baseMargin({ objective: complete.objective, baseScore }),
    leastGain: leastGain(complete.objective === 'reg:squarederror', training.labels, training.weights),
    data: shareRows(training), binning: shareBinning(training.features), memory,
    margins: sharedFloats(rows), gradients: sharedFloats(2 * rows), greatest: new Float64Array(new SharedArrayBuffer(threads * 8)), leaves: sharedFloats(memory.maxNodes),
    validation: validation === undefined ? undefined : shareValidation(shareRows(validation)), stop: new Int32Array(new SharedArrayBuffer(4)),
  };
  const trees: Tree[] = [];
  const scores: number[] = [];
  let kept = 0;
  await runThreads(job, threads, options, (news) => {
    if (news.kind === 'done') kept = news.kept;
    if (news.kind !== 'round') return;
    trees.push(news.round.tree);
    if (news.round.score !== undefined) scores.push(news.round.score);
    options.onRound?.({ round: trees.length, score: news.round.score });
  });
  const model = modelOf(training.features, trees.slice(0, kept), complete.objective, baseScore, complete.objective === 'reg:quantileerror' ? complete.quantile : undefined);
  return { model, scores, trees: model.trees.length };
}

export interface ForestSettings {
  /** Default 100. */
  trees?: number;
  /** Greatest depth of a tree, 1 to 24. Default 16. */
  depth?: number;
  /** Least weight (number, without weights) of rows in a leaf. Default 1. */
  minLeafWeight?: number;
  /** Default 255. */
  maxBins?: number;
  /** Features that each split chooses among: a number, `sqrt`, `third` or `all`. Default: sqrt for a classification, all for a regression. */
  featuresPerSplit?: number | 'sqrt' | 'third' | 'all';
  /** Each tree sees as many rows as there are, drawn with replacement. Default true. */
  bootstrap?: boolean;
  /** What the labels are: 0 and 1 (the answer is a probability), or numbers. */
  task: 'classification' | 'regression';
  /** Weights by label, of a classification: `balanced` gives both labels the same sum. Default 1 each. */
  classWeights?: 'balanced' | readonly [number, number];
  oneHotUpTo?: number;
  /** Default 0. */
  seed?: number;
}

export interface ForestOptions extends ThreadOptions {
  /** Called when a tree is done. */
  onTree?: (done: number) => void;
}

/**
 * Trains a random forest (Breiman 2001) over histograms. In XGBoost's terms the model is a reg:squarederror with base score 0 whose leaves hold
 * probability (or mean) divided by the number of trees.
 */
export async function trainForest(training: TrainingSet, settings: ForestSettings, options: ForestOptions = {}): Promise<TreeModel> {
  checkTrainingSet(training);
  const classifies = settings.task === 'classification';
  if (classifies) checkLabels('binary:logistic', training.labels, training.weights);
  if (!classifies && settings.classWeights !== undefined) {
    throw new MillraceError('bad_input', 'a regression has no classes to weigh', { where: 'classWeights', todo: 'leave it out' });
  }
  const weights = normalised(classifies ? classWeighted(training, settings.classWeights) : training.weights);
  const complete = completeForest(settings, training.features.length);
  const data = shareRows({ ...training, weights });
  const threads = Math.min(threadsFor(data.rows * data.width * Math.ceil(complete.trees / 20), options), complete.trees);
  const center = startingScore('reg:squarederror', 0.5, training.labels, weights);
  const job: ForestJob = { kind: 'forest', settings: complete, data, binning: shareBinning(training.features), center, leastGain: leastGain(!classifies, training.labels, weights), stop: new Int32Array(new SharedArrayBuffer(4)) };
  const trees: Tree[] = [];
  let done = 0;
  await runThreads(job, threads, options, (news) => {
    if (news.kind !== 'tree') return;
    trees[news.grown.index] = news.grown.tree;
    done += 1;
    options.onTree?.(done);
  });
  return modelOf(training.features, trees, 'reg:squarederror', 0, undefined);
}

function completeForest({ trees = 100, depth = 16, minLeafWeight = 1, maxBins = MAX_BINS, bootstrap = true, seed = 0, oneHotUpTo = 4, ...rest }: ForestSettings, width: number): CompleteForestSettings {
  const wanted = rest.featuresPerSplit ?? (rest.task === 'classification' ? 'sqrt' : 'all');
  const named = { sqrt: Math.max(1, Math.floor(Math.sqrt(width))), third: Math.max(1, Math.floor(width / 3)), all: width };
  const featuresPerSplit = typeof wanted === 'number' ? Math.min(wanted, width) : named[wanted];
  checkRange('trees', trees, 1, 100_000, true);
  checkRange('depth', depth, 1, 24, true);
  checkRange('minLeafWeight', minLeafWeight, 0, Infinity, false);
  checkRange('maxBins', maxBins, 2, MAX_BINS, true);
  checkRange('featuresPerSplit', featuresPerSplit, 1, width, true);
  return { trees, depth, minLeafWeight, maxBins, featuresPerSplit, bootstrap, isBinary: rest.task === 'classification', oneHotUpTo, seed };
}

function classWeighted({ labels, weights }: TrainingSet, classWeights: ForestSettings['classWeights']): Float32Array | undefined {
  if (classWeights === undefined) return weights;
  const totals: [number, number] = [0, 0];
  labels.forEach((label, row) => {
    totals[label === 1 ? 1 : 0] += weights?.[row] ?? 1;
  });
  const [zero, one] = classWeights === 'balanced' ? totals.map((total) => (totals[0] + totals[1]) / (2 * total)) as [number, number] : classWeights;
  return Float32Array.from(labels, (label, row) => (weights?.[row] ?? 1) * (label === 1 ? one : zero));
}

/** Weights with mean 1, so that the least gain of a split means the same whatever their scale. */
function normalised(weights: Float32Array | undefined): Float32Array | undefined {
  if (weights === undefined) return undefined;
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
}

function checkValidation(features: readonly FeatureColumn[], validation: TrainingSet, metric: EvaluationMetric): void {
  checkTrainingSet(validation, 'the validation rows');
  if (metric === 'auc' && (validation.labels.every((label) => label === 1) || !validation.labels.includes(1))) {
    throw new MillraceError('bad_input', 'the validation rows have but one label, so that nothing ranks them', { where: 'validation', todo: 'take more of them, or another metric' });
  }
  const names = (of: readonly FeatureColumn[]): string => of.map(({ name, kind }) => `${name} ${kind ?? 'numeric'}`).join(', ');
  if (names(features) === names(validation.features)) return;
  throw new MillraceError('bad_input', `the validation rows have the features ${names(validation.features)}`, { where: 'validation', todo: `give those of the training rows, in their order: ${names(features)}` });
}

function modelOf(features: readonly FeatureColumn[], trees: Tree[], objective: TreeModel['objective'], baseScore: number, quantile: number | undefined): TreeModel {
  return {
    objective, baseScore, featureNames: features.map(({ name }) => name), featureKinds: features.map(({ kind }) => kind ?? 'numeric'), trees, attributes: {},
    ...(quantile === undefined ? {} : { quantile }),
  };
}
