// XGBoost and scikit-learn themselves: we serve what XGBoost trains, it serves what we train, both learn equally well, and the metrics agree.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  areaUnderCurve, brierScore, compileTrees, decisionsAt, explainer, logLoss, meanAbsoluteError, pinballLoss, readXgboost, rootMeanSquaredError, rowMajor, rSquared, scoreMargin, scoreMargins, scoreRows, trainBoostedTrees, trainClusters, trainForest,
  trainLinear, trainLogistic, writeXgboostJson, type BoostingSettings, type FeatureColumn, type TrainingSet, type TreeModel,
} from '../../lib/learning/index.ts';
import { shopRows } from '../learning/support/shop-rows.ts';
import { xgboostPython } from './support/engines.ts';

const SCRIPTS = join(import.meta.dirname, 'support/learning');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-xgboost-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function python(script: string, ...args: string[]): void {
  execFileSync(xgboostPython(), [join(SCRIPTS, script), ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function floats(path: string): Float32Array {
  return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
}

function writeFloats(name: string, values: Float32Array): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return path;
}

/** How many of the numbers do not have equal bits. */
function different(ours: Float32Array, theirs: Float32Array): number {
  expect(ours.length).toBe(theirs.length);
  return ours.reduce((count, value, index) => count + Number(!Object.is(value, theirs[index])), 0);
}

describe('what XGBoost trains', () => {
  beforeAll(() => python('models.py', join(folder, 'theirs'), '10000', '40'));

  test('is served with the same bits, from both formats, one row or many', () => {
    const { cases } = JSON.parse(readFileSync(join(folder, 'theirs/cases.json'), 'utf8')) as { cases: string[] };
    expect(cases.length).toBeGreaterThan(12);
    for (const name of cases) {
      const at = join(folder, 'theirs', name);
      const model = readXgboost(readFileSync(`${at}.json`));
      expect(readXgboost(readFileSync(`${at}.ubj`)), name).toEqual(model);
      const rows = floats(`${at}.rows.f32`);
      const margins = floats(`${at}.margins.f32`);
      const compiled = compileTrees(model);
      expect(different(scoreMargins(compiled, rows), margins), name).toBe(0);
      expect(different(margins.map((_, row) => scoreMargin(compiled, rows.slice(row * 8, row * 8 + 8))), margins), name).toBe(0);
      const answers = floats(`${at}.answers.f32`);
      expect(different(scoreRows(compiled, rows), answers), name).toBe(0);
    }
  });

  test('is explained with the same contributions, within 1e-4', () => {
    for (const name of ['logistic', 'deep', 'categories', 'dart', 'forest', 'quantile', 'poisson', 'monotone']) {
      const at = join(folder, 'theirs', name);
      const { contributions } = explainer(readXgboost(readFileSync(`${at}.json`)));
      const rows = floats(`${at}.rows.f32`);
      const recorded = floats(`${at}.contributions.f32`);
      for (let row = 0; row < 500; row += 1) {
        contributions(rows.slice(row * 8, row * 8 + 8)).forEach((part, feature) => expect(Math.abs(part - recorded[row * 9 + feature]!), name).toBeLessThan(1e-4));
      }
    }
  });

  test('is refused by name where it could not be served equally', () => {
    const refused = readdirSync(join(folder, 'theirs')).filter((name) => name.startsWith('refused-'));
    expect(refused).toHaveLength(5);
    for (const name of refused) expect(() => readXgboost(readFileSync(join(folder, 'theirs', name))), name).toThrow('cannot be served');
  });
});

const training = shopRows(20_000, 31);
const later = shopRows(5000, 32);
const laterRows = rowMajor(later.features);

function withoutCategories({ features, labels }: TrainingSet): TrainingSet {
  return { features: features.filter(({ kind }) => kind === 'numeric'), labels };
}

describe('what we train', () => {
  const kinds: [string, () => Promise<TreeModel>][] = [
    ['boosted trees with categories and missing values', async () => (await trainBoostedTrees(training, { trees: 60, depth: 6, learningRate: 0.1 })).model],
    ['boosted trees with categories one by one', async () => (await trainBoostedTrees(training, { trees: 30, depth: 4, oneHotUpTo: 200 })).model],
    ['a regression', async () => (await trainBoostedTrees({ ...training, labels: training.features[0]!.values }, { objective: 'reg:squarederror', trees: 30, depth: 4 })).model],
    ['a quantile', async () => (await trainBoostedTrees({ ...training, labels: training.features[0]!.values }, { objective: 'reg:quantileerror', quantile: 0.8, trees: 30, depth: 4 })).model],
    ['an absolute error', async () => (await trainBoostedTrees({ ...training, labels: training.features[0]!.values }, { objective: 'reg:absoluteerror', trees: 30, depth: 4 })).model],
    ['a forest', async () => await trainForest(training, { task: 'classification', trees: 40, depth: 10 })],
  ];
  test.each(kinds)('%s: XGBoost loads it, predicts the same bits and explains it equally', async (_, train) => {
    const model = await train();
    const path = join(folder, 'ours.json');
    writeFileSync(path, writeXgboostJson(model));
    const rows = writeFloats('ours.rows', laterRows);
    python('predict.py', path, rows, '1');
    const compiled = compileTrees(model);
    expect(different(scoreMargins(compiled, laterRows), floats(`${rows}.margins`))).toBe(0);
    expect(different(scoreRows(compiled, laterRows), floats(`${rows}.answers`))).toBe(0);
    const recorded = floats(`${rows}.contributions`);
    const { contributions } = explainer(model);
    for (let row = 0; row < 300; row += 1) {
      contributions(laterRows.slice(row * 7, row * 7 + 7)).forEach((part, feature) => expect(Math.abs(part - recorded[row * 8 + feature]!)).toBeLessThan(1e-4));
    }
    // And what XGBoost saves of it is what we wrote.
    const again = readXgboost(readFileSync(`${rows}.again.json`));
    expect(different(scoreMargins(compileTrees(again), laterRows), scoreMargins(compiled, laterRows))).toBe(0);
  });
});

describe('beside XGBoost and scikit-learn on the same rows', () => {
  test.each<[string, BoostingSettings, Record<string, unknown>]>([
    ['as they come', { trees: 100, depth: 6, learningRate: 0.1 }, { max_depth: 6, eta: 0.1 }],
    ['regularised', { trees: 80, depth: 4, learningRate: 0.2, lambda: 5, alpha: 1, gamma: 1, minChildWeight: 10 }, { max_depth: 4, eta: 0.2, reg_lambda: 5, reg_alpha: 1, gamma: 1, min_child_weight: 10 }],
    ['sampled', { trees: 100, depth: 5, learningRate: 0.1, subsample: 0.5, featuresPerTree: 0.8 }, { max_depth: 5, eta: 0.1, subsample: 0.5, colsample_bytree: 0.8 }],
    ['constrained', { trees: 60, depth: 5, learningRate: 0.1, monotone: { visits: 1 } }, { max_depth: 5, eta: 0.1, monotone_constraints: '(0,0,1,0,0)' }],
  ])('boosted trees %s rank as well', async (_, ours, theirs) => {
    const known = withoutCategories(training);
    const asked = withoutCategories(later);
    const settings = { settings: theirs, trees: ours.trees, width: known.features.length };
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
    writeFloats('train.rows', rowMajor(known.features));
    writeFloats('train.labels', known.labels);
    const path = writeFloats('asked.rows', rowMajor(asked.features));
    python('train.py', folder);
    const { model } = await trainBoostedTrees(known, ours);
    const area = areaUnderCurve(scoreRows(compileTrees(model), rowMajor(asked.features)), asked.labels);
    expect(Math.abs(area - areaUnderCurve(floats(`${path}.answers`), asked.labels))).toBeLessThan(0.005);
  });

  test('metrics, regressions, clusters and forests agree with scikit-learn', async () => {
    const complete = (set: TrainingSet): FeatureColumn[] => set.features.filter(({ name }) => ['price', 'age', 'visits', 'noise'].includes(name));
    const [known, asked] = [{ features: complete(training), labels: training.labels }, { features: complete(later), labels: later.labels }];
    const target = known.features[0]!.values.map((price, row) => 3 * price - known.features[1]!.values[row]! + known.features[3]!.values[row]! ** 2);
    const scores = Float32Array.from(later.chances, (chance) => Math.round(8 * Math.log(chance / (1 - chance))) / 8);
    const weights = Float32Array.from(later.labels, (_, row) => 1 + (row % 3));
    writeFloats('rows.f32', rowMajor(known.features));
    writeFloats('later.f32', rowMajor(asked.features));
    for (const [name, values] of Object.entries({ labels: known.labels, laterLabels: asked.labels, target, scores, weights })) writeFloats(`${name}.f32`, values);
    writeFileSync(join(folder, 'input.json'), JSON.stringify({ width: 4, lambda: 2 }));
    python('sklearn_peer.py', folder);
    const theirs = JSON.parse(readFileSync(join(folder, 'output.json'), 'utf8')) as Record<string, number> & { logistic: number[]; ridge: number[] };
    const said = Float64Array.from(scores, (score) => 1 / (1 + Math.exp(-score)));
    const { labels } = asked;
    const decisions = decisionsAt(said, labels, 0.4);
    const ours = {
      auc: areaUnderCurve(scores, labels), weightedAuc: areaUnderCurve(scores, labels, weights), logLoss: logLoss(said, labels), brier: brierScore(said, labels), precision: decisions.precision, recall: decisions.recall,
      f1: decisions.f1, rmse: rootMeanSquaredError(said, labels), mae: meanAbsoluteError(said, labels, weights), pinball: pinballLoss(said, labels, 0.9), r2: rSquared(said, labels),
    };
    for (const [name, value] of Object.entries(ours)) expect(value, name).toBeCloseTo(theirs[name]!, 9);
    const logistic = trainLogistic(known, { lambda: 2 });
    [logistic.intercept, ...logistic.coefficients].forEach((value, index) => expect(value).toBeCloseTo(theirs.logistic[index]!, 4));
    const ridge = trainLinear({ ...known, labels: target }, { lambda: 2 });
    [ridge.intercept, ...ridge.coefficients].forEach((value, index) => expect(value).toBeCloseTo(theirs.ridge[index]!, 5));
    expect(trainClusters(known.features, { clusters: 4 }).model.inertia).toBeLessThan(1.01 * theirs['inertia']!);
    const rows = rowMajor(asked.features);
    const forest = await trainForest(known, { task: 'classification', trees: 100, depth: 8 });
    expect(areaUnderCurve(scoreRows(compileTrees(forest), rows), labels)).toBeGreaterThan(theirs['forestAuc']! - 0.005);
    const deep = await trainForest(known, { task: 'classification', trees: 100, depth: 24, minLeafWeight: 5 });
    expect(areaUnderCurve(scoreRows(compileTrees(deep), rows), labels)).toBeGreaterThan(theirs['deepForestAuc']! - 0.005);
  });
});
