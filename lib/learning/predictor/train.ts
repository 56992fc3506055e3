// From a training set to a version: trained, measured on a later time, compared with the champion on the same rows.
import { MillraceError } from '../../base/index.ts';
import { brierScore, calibration, decisionsAt, logLoss, type ReliabilityBin } from '../metrics/classification.ts';
import { permutationImportance } from '../metrics/permutation.ts';
import { areaUnderCurve } from '../metrics/ranking.ts';
import { rootMeanSquaredError } from '../metrics/regression.ts';
import { compileTrees } from '../predict/compile.ts';
import { scoreRows } from '../predict/score.ts';
import { splitByTime } from '../split/by-time.ts';
import { balancedWeights } from '../split/sampling.ts';
import type { TreeModel } from '../tree-model.ts';
import { trainBoostedTrees, trainForest } from '../trees/train.ts';
import { byMaturity, matrixOf, trainingSetOf, type Dataset } from './dataset.ts';
import type { Predictor } from './declare.ts';

export interface TrainedVersion {
  model: TreeModel;
  /** On the test rows, which are later than all that was learned from. */
  metrics: Record<string, number>;
  reliability: ReliabilityBin[];
  /** How much the metric of the gate loses when a feature's values are shuffled, by feature, most first. */
  importance: { feature: string; loss: number }[];
  rows: { train: number; validate: number; test: number };
  /** Mean of the label over the training rows: what is answered when features cannot be read. */
  baseRate: number;
}

export interface TrainOptions {
  signal?: AbortSignal;
  onProgress?: (done: number, of: number) => void;
}

/** @throws `bad_input` where there are too few rows, or only one label. */
export async function trainPredictor(predictor: Predictor, data: Dataset, { onProgress }: TrainOptions = {}): Promise<TrainedVersion & { testRows: Uint32Array }> {
  const { known } = byMaturity(data);
  if (known.length === 0) {
    throw new MillraceError('bad_input', `the training set of ${predictor.name} has no row whose label is known`, { where: `predictors/${predictor.name}.sql`, todo: 'Give it a longer time, or look whether its tables are filled.' });
  }
  const split = splitByTime(Float64Array.from(known, (row) => data.times[row]!), predictor.split);
  const rowsOf = (part: Uint32Array): Uint32Array => part.map((index) => known[index]!);
  // Rows that nothing validates with are learned from.
  const validates = predictor.algorithm.kind === 'gradient_boosting' && predictor.algorithm.settings.earlyStopping !== undefined;
  const [validate, test] = [validates ? rowsOf(split.validate) : new Uint32Array(0), rowsOf(split.test)];
  const train = validates ? rowsOf(split.train) : Uint32Array.from([...rowsOf(split.train), ...rowsOf(split.validate)]);
  const labels = Float32Array.from(train, (row) => data.labels[row]!);
  const set = trainingSetOf(predictor, data, train, predictor.classWeights === 'balanced' ? balancedWeights(labels) : undefined);
  const model = await fit(predictor, set, validates ? trainingSetOf(predictor, data, validate) : undefined, onProgress);
  const measured = measure(predictor, model, data, test);
  const baseRate = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const naive: Record<string, number> = predictor.output === 'probability' ? { log_loss_of_base_rate: logLoss(new Float32Array(test.length).fill(baseRate), measured.labels) } : { rmse_of_mean: rootMeanSquaredError(new Float32Array(test.length).fill(baseRate), measured.labels) };
  return {
    model, baseRate, testRows: test, rows: { train: train.length, validate: validate.length, test: test.length },
    metrics: { ...measured.metrics, ...naive }, reliability: measured.reliability, importance: importanceOf(predictor, model, data, test),
  };
}

async function fit({ algorithm }: Predictor, set: ReturnType<typeof trainingSetOf>, validation: ReturnType<typeof trainingSetOf> | undefined, onProgress: TrainOptions['onProgress']): Promise<TreeModel> {
  if (algorithm.kind === 'random_forest') {
    return trainForest(set, algorithm.settings, { onTree: (done) => onProgress?.(done, algorithm.settings.trees ?? 100) });
  }
  const { model } = await trainBoostedTrees(set, algorithm.settings, {
    ...(validation === undefined ? {} : { validation }), onRound: ({ round }) => onProgress?.(round + 1, algorithm.settings.trees ?? 100),
  });
  return model;
}

/** The metrics of a model on some rows: of a candidate, and of the champion on the same. */
export function measure(predictor: Predictor, model: TreeModel, data: Dataset, rows: Uint32Array): { metrics: Record<string, number>; reliability: ReliabilityBin[]; labels: Float32Array } {
  const labels = Float32Array.from(rows, (row) => data.labels[row]!);
  const answers = scoreRows(compileTrees(model), matrixOf(data, rows));
  if (predictor.output === 'value') return { metrics: { rmse: rootMeanSquaredError(answers, labels) }, reliability: [], labels };
  const { error, bins } = calibration(answers, labels);
  const { precision, recall, f1 } = decisionsAt(answers, labels, 0.5);
  return {
    metrics: { auc: areaUnderCurve(answers, labels), log_loss: logLoss(answers, labels), brier: brierScore(answers, labels), calibration_error: error, precision, recall, f1 },
    reliability: bins, labels,
  };
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

export type GateVerdict = { passes: true } | { passes: false; reasons: string[] };

/** Whether a version may replace the champion: not worse on the same rows, and calibrated. */
export function throughGate({ gate }: Predictor, candidate: Readonly<Record<string, number>>, champion: Readonly<Record<string, number>> | undefined): GateVerdict {
  const reasons: string[] = [];
  const [own, other] = [candidate[gate.metric], champion?.[gate.metric]];
  if (own === undefined || Number.isNaN(own)) reasons.push(`${gate.metric} could not be measured: the test rows have one label only`);
  else if (other !== undefined) {
    const worse = gate.metric === 'auc' ? other - own : own - other;
    if (worse > gate.notWorseThanChampion) reasons.push(`${gate.metric} is ${own.toFixed(4)}, the champion's on the same rows ${other.toFixed(4)}`);
  }
  const error = candidate['calibration_error'];
  if (gate.calibrationError !== undefined && error !== undefined && error > gate.calibrationError) {
    reasons.push(`its probabilities are off by ${error.toFixed(3)} on average, more than ${gate.calibrationError}`);
  }
  return reasons.length === 0 ? { passes: true } : { passes: false, reasons };
}
