import { describe, expect, test } from 'vitest';
import { areaUnderCurve, compileTrees, rowMajor, scoreRows, trainForest } from '../../../lib/learning/index.ts';
import { firstRows, shopRows } from '../support/shop-rows.ts';

const training = shopRows(4000, 3);
const later = shopRows(2000, 4);
const laterRows = rowMajor(later.features);

describe('a random forest', () => {
  test('answers with probabilities that rank well and are calibrated on the whole', async () => {
    const model = await trainForest(training, { task: 'classification', trees: 100, depth: 10, minLeafWeight: 5, seed: 1 });
    const answers = scoreRows(compileTrees(model), laterRows);
    expect(Math.min(...answers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...answers)).toBeLessThanOrEqual(1);
    expect(areaUnderCurve(answers, later.labels)).toBeGreaterThan(areaUnderCurve(later.chances, later.labels) - 0.05);
    const mean = answers.reduce((sum, answer) => sum + answer, 0) / answers.length;
    expect(mean).toBeCloseTo(later.labels.reduce((sum, label) => sum + label, 0) / later.labels.length, 1);
  });

  test('is the same for one seed, whatever the number of threads', async () => {
    const settings = { task: 'classification', trees: 7, depth: 6, seed: 9 } as const;
    const models = [];
    for (const threads of [1, 2, 3]) models.push(await trainForest(firstRows(training, 1000), settings, { threads }));
    for (const model of models.slice(1)) expect(model).toEqual(models[0]);
  });

  test('fits a regression: every answer within the range of the labels', async () => {
    const set = { ...training, labels: training.features[0]!.values.map((price, row) => 100 + 10 * price + training.features[1]!.values[row]!) };
    const model = await trainForest(set, { task: 'regression', trees: 30, depth: 12 });
    const answers = scoreRows(compileTrees(model), laterRows);
    const truth = later.features[0]!.values.map((price, row) => 100 + 10 * price + later.features[1]!.values[row]!);
    const error = Math.sqrt(answers.reduce((sum, answer, row) => sum + (answer - truth[row]!) ** 2, 0) / answers.length);
    expect(error).toBeLessThan(1);
    const [low, high] = [Math.min(...set.labels), Math.max(...set.labels)];
    for (const answer of answers) expect(answer >= low - 0.01 && answer <= high + 0.01).toBe(true);
  });

  test('sees small labels, as rates are, as well as great ones', async () => {
    const labels = training.features[0]!.values.map((price) => price / 2 ** 20);
    const answers = scoreRows(compileTrees(await trainForest({ ...training, labels }, { task: 'regression', trees: 10, depth: 8 })), laterRows);
    const error = answers.reduce((sum, answer, row) => sum + Math.abs(answer * 2 ** 20 - later.features[0]!.values[row]!), 0) / answers.length;
    const spread = later.features[0]!.values.reduce((sum, price) => sum + Math.abs(price - 3), 0) / answers.length;
    expect(error).toBeLessThan(spread / 10);
  });

  test('grows nothing on labels that are all the same', async () => {
    const model = await trainForest({ ...training, labels: training.labels.map(() => 0.1) }, { task: 'regression', trees: 2 });
    expect(model.trees.map(({ left }) => left.length)).toEqual([1, 1]);
  });

  test('gives both labels the same say when their weights are balanced', async () => {
    const labels = training.labels.map((label, row) => (row % 8 === 0 ? label : 0));
    const mean = async (classWeights: 'balanced' | undefined): Promise<number> => {
      const answers = scoreRows(compileTrees(await trainForest({ ...training, labels }, { task: 'classification', trees: 20, depth: 4, classWeights })), laterRows);
      return answers.reduce((sum, answer) => sum + answer, 0) / answers.length;
    };
    expect(await mean(undefined)).toBeLessThan(0.1);
    expect(await mean('balanced')).toBeGreaterThan(0.35);
  });
});
