// Trees as a kind of predictor: boosted or a forest, for probabilities and for values, beside the base rate or one named feature.
import { MillraceError } from '../../base/index.ts';
import { brierScore, calibration, decisionsAt, logLoss } from '../metrics/classification.ts';
import { permutationImportance } from '../metrics/permutation.ts';
import { areaUnderCurve } from '../metrics/ranking.ts';
import { meanAbsoluteError, pinballLoss, rootMeanSquaredError, rSquared } from '../metrics/regression.ts';
import { compileTrees } from '../predict/compile.ts';
import { scoreRows } from '../predict/score.ts';
import { balancedWeights, thinNegatives } from '../split/sampling.ts';
import type { TrainingSet } from '../training-set.ts';
import type { TreeModel } from '../tree-model.ts';
import { trainBoostedTrees, trainForest } from '../trees/train.ts';
import { byMaturity, matrixOf, newestOpen, trainingSetOf, type Dataset } from '../predictor/dataset.ts';
import type { Algorithm, Predictor } from '../predictor/types.ts';
import type { Batch, Kind, Measured, TrainOptions } from './kind.ts';
import { laterWindow } from './later-window.ts';

export type TreeAlgorithm = Extract<Algorithm, { kind: 'gradient_boosting' | 'random_forest' }>;

/** How many of every hundred, by descending probability, are at high and at medium risk. */
const RISK = { high: 0.2, medium: 0.5 };

export const trees: Kind<TreeAlgorithm, TreeModel> = {
  async train(predictor, algorithm, data, options) {
    const { parts, train, validate, whole, validation } = windowsOf(predictor, algorithm, data);
    const baseRate = whole.labels.reduce((sum, label) => sum + label, 0) / whole.labels.length;
    const model = options.grown ?? await fit(algorithm, weighed(predictor, whole), validation, options);
    const measured = trees.measure(predictor, model, data, parts.test);
    return {
      model, baseRate, testRows: parts.test, rows: { train: train.length, validate: validate.length, test: parts.test.length }, reliability: measured.reliability,
      metrics: { ...measured.metrics, ...naive(predictor, data, parts.test, whole.labels) }, importance: importanceOf(predictor, model, data, parts.test),
      baseline: baselineOf(predictor),
    };
  },

  measure(predictor, model, data, testRows): Measured {
    const labels = Float32Array.from(testRows, (row) => data.labels[row]!);
    const answers = scoreRows(compileTrees(model), matrixOf(data, testRows));
    if (predictor.output === 'value') return { metrics: ofValues(answers, labels, model.quantile), reliability: [] };
    const { error, bins } = calibration(answers, labels);
    const { precision, recall, f1 } = decisionsAt(answers, labels, 0.5);
    return { metrics: { auc: areaUnderCurve(answers, labels), log_loss: logLoss(answers, labels), brier: brierScore(answers, labels), calibration_error: error, precision, recall, f1 }, reliability: bins };
  },

  batch({ entities, output }, model, data): Batch {
    const rows = newestOpen(data);
    const scores = scoreRows(compileTrees(model), matrixOf(data, rows));
    const isProbability = output === 'probability';
    const rank = isProbability ? ranks(scores, Array.from(rows, (row) => data.entities[row]!.join())) : new Uint32Array(0);
    return {
      columns: [
        { name: output, type: 'double', doc: isProbability ? 'How likely it is.' : `What is expected for this ${entities.join(' and ')}, in the unit of the label.` },
        ...(isProbability ? [{ name: 'risk', type: 'string' as const, doc: 'high: the first 20 % by probability; medium: the next 30 %; low: the rest.' }, { name: 'predicted', type: 'boolean' as const, doc: 'A probability of a half or more.' }] : []),
      ],
      rows: [...rows].map((row, index) => ({ entity: data.entities[row]!, values: [scores[index]!, ...(isProbability ? [riskOf(rank[index]! / rows.length), scores[index]! >= 0.5] : [])] })),
    };
  },
};

/** The rows before the test window: those that are learned from, and those that early stopping watches. */
function windowsOf(predictor: Predictor, algorithm: TreeAlgorithm, data: Dataset) {
  const parts = laterWindow(predictor, data, byMaturity(data).known);
  // Rows that nothing validates with are learned from.
  const validates = algorithm.kind === 'gradient_boosting' && algorithm.settings.earlyStopping !== undefined;
  const validate = validates ? parts.validate : new Uint32Array(0);
  const train = validates ? parts.train : parts.before;
  checkLabels(predictor, data, train);
  return { parts, train, validate, whole: trainingSetOf(predictor, data, train), validation: validates ? trainingSetOf(predictor, data, validate) : undefined };
}

/** @throws `bad_input` where a probability would be learned from one answer alone. */
function checkLabels({ name, label, output }: Predictor, { labels }: Dataset, rows: Uint32Array): void {
  const only = labels[rows[0]!]!;
  if (output !== 'probability' || rows.some((row) => labels[row] !== only)) return;
  throw new MillraceError('bad_input', `${name} has nothing to tell apart: ${label} is ${only} in all ${rows.length} rows to learn from`, {
    where: `predictors/${name}.sql`, todo: 'It takes rows of both answers. Train again when the history is longer, or look at how the label is made.',
  });
}

/** What boosted trees are grown from, thinned and weighed, and what early stopping watches: for who grows them elsewhere. @throws `bad_input` where there are too few rows. */
export function boostingRows(predictor: Predictor, data: Dataset): { training: TrainingSet; validation: TrainingSet | undefined } {
  const { whole, validation } = windowsOf(predictor, predictor.algorithm as TreeAlgorithm, data);
  return { training: weighed(predictor, whole), validation };
}

function weighed({ classWeights, negatives }: Predictor, whole: TrainingSet): TrainingSet {
  const set = negatives === undefined ? whole : thinNegatives(whole, negatives.share, negatives.seed ?? 0);
  return classWeights === 'balanced' ? { ...set, weights: balancedWeights(set.labels) } : set;
}

async function fit(algorithm: TreeAlgorithm, set: TrainingSet, validation: TrainingSet | undefined, { onProgress }: TrainOptions): Promise<TreeModel> {
  if (algorithm.kind === 'random_forest') return trainForest(set, algorithm.settings, { onTree: (done) => onProgress?.(done, algorithm.settings.trees ?? 100) });
  const { model } = await trainBoostedTrees(set, algorithm.settings, {
    ...(validation === undefined ? {} : { validation }), onRound: ({ round }) => onProgress?.(round, algorithm.settings.trees ?? 100),
  });
  return model;
}

function ofValues(answers: Float32Array, labels: Float32Array, quantile: number | undefined): Record<string, number> {
  return {
    rmse: rootMeanSquaredError(answers, labels), mae: meanAbsoluteError(answers, labels), r2: rSquared(answers, labels),
    ...(quantile === undefined ? {} : { pinball: pinballLoss(answers, labels, quantile), below: labels.reduce((sum, label, row) => sum + (label <= answers[row]! ? 1 : 0), 0) / labels.length }),
  };
}

function quantileOf({ algorithm }: Predictor): number | undefined {
  return algorithm.kind === 'gradient_boosting' && algorithm.settings.objective === 'reg:quantileerror' ? algorithm.settings.quantile ?? 0.5 : undefined;
}

function baselineOf(predictor: Predictor): string {
  const quantile = quantileOf(predictor);
  if (predictor.baseline !== undefined) return `${predictor.baseline} alone`;
  return `the ${predictor.output === 'probability' ? 'base rate' : quantile === undefined ? 'mean' : `${quantile} quantile`} of the training rows`;
}

/** The same metrics of an answer that takes no learning: one number for all, or a feature as it is. */
function naive(predictor: Predictor, data: Dataset, rows: Uint32Array, trained: Float32Array): Record<string, number> {
  const labels = Float32Array.from(rows, (row) => data.labels[row]!);
  const quantile = quantileOf(predictor);
  const number = quantile === undefined ? trained.reduce((sum, label) => sum + label, 0) / trained.length : trained.toSorted()[Math.floor(quantile * (trained.length - 1))]!;
  const constant = new Float32Array(rows.length).fill(number);
  const named = predictor.baseline === undefined ? undefined : data.columns[predictor.features.indexOf(predictor.baseline)]!;
  const answers = named === undefined ? constant : Float32Array.from(rows, (row) => (Number.isNaN(named[row]!) ? number : named[row]!));
  if (predictor.output === 'probability') {
    // A feature has no unit of probability, and may speak for the label or against it.
    const auc = areaUnderCurve(answers, labels);
    return { baseline_auc: Math.max(auc, 1 - auc), baseline_log_loss: logLoss(constant, labels), baseline_brier: brierScore(constant, labels) };
  }
  const { rmse, mae, r2, pinball } = ofValues(answers, labels, quantile);
  return { baseline_rmse: rmse!, baseline_mae: mae!, baseline_r2: r2!, ...(pinball === undefined ? {} : { baseline_pinball: pinball }) };
}

const MOST_ROWS_FOR_IMPORTANCE = 5_000;

function importanceOf(predictor: Predictor, model: TreeModel, data: Dataset, test: Uint32Array): { feature: string; loss: number }[] {
  const step = Math.max(1, Math.ceil(test.length / MOST_ROWS_FOR_IMPORTANCE));
  const rows = test.filter((_, index) => index % step === 0);
  const labels = Float32Array.from(rows, (row) => data.labels[row]!);
  const compiled = compileTrees(model);
  const score = (matrix: Float32Array): number => {
    const answers = scoreRows(compiled, matrix);
    return predictor.output === 'probability' ? -logLoss(answers, labels) : -rootMeanSquaredError(answers, labels);
  };
  return permutationImportance(matrixOf(data, rows), predictor.features.length, score, { repeats: 3 })
    .map(({ mean }, index) => ({ feature: predictor.features[index]!, loss: mean })).sort((left, right) => right.loss - left.loss);
}

/** Places by descending score, equal ones by who they are. */
function ranks(scores: Float32Array, names: readonly string[]): Uint32Array {
  const order = [...scores.keys()].sort((left, right) => scores[right]! - scores[left]! || (names[left]! < names[right]! ? -1 : 1));
  const place = new Uint32Array(scores.length);
  order.forEach((row, rank) => (place[row] = rank));
  return place;
}

function riskOf(share: number): 'high' | 'medium' | 'low' {
  return share < RISK.high ? 'high' : share < RISK.medium ? 'medium' : 'low';
}
