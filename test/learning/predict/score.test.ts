import { describe, expect, test } from 'vitest';
import { compileTrees, explainer, rowMajor, scoreMargin, scoreMargins, scoreRow, scoreRows, trainBoostedTrees, trainForest } from '../../../lib/learning/index.ts';
import { shopRows } from '../support/shop-rows.ts';

const training = shopRows(1500, 11);
const { model } = await trainBoostedTrees(training, { trees: 21, depth: 5 });
const dense = { ...training, features: training.features.filter(({ name }) => ['price', 'age', 'visits', 'noise'].includes(name)) };
const { model: denseModel } = await trainBoostedTrees(dense, { trees: 22, depth: 5 });
const forest = await trainForest(training, { task: 'classification', trees: 15, depth: 8 });

describe.each([['categories and missing values', model, training], ['numbers alone', denseModel, dense], ['a forest', forest, training]] as const)('scoring a model of %s', (_, scored, { features }) => {
  const compiled = compileTrees(scored);
  const width = features.length;
  // A number of rows that fills no block: the last ones go the short way.
  const rows = rowMajor(features).slice(0, width * 203);

  test('one row and many rows give the same bits', () => {
    const margins = scoreMargins(compiled, rows);
    const answers = scoreRows(compiled, rows);
    for (let row = 0; row < 203; row += 1) {
      const single = rows.slice(row * width, (row + 1) * width);
      expect(scoreMargin(compiled, single)).toBe(margins[row]);
      expect(scoreRow(compiled, single)).toBe(answers[row]);
    }
  });

  test('a row that misses something among rows that do not changes none of them', () => {
    const gappy = rows.slice();
    gappy[5 * width] = NaN;
    const [before, after] = [scoreMargins(compiled, rows), scoreMargins(compiled, gappy)];
    before.forEach((margin, row) => row !== 5 && expect(after[row]).toBe(margin));
  });

  test('the contributions of the features add up to the margin', () => {
    const { contributions } = explainer(scored);
    const margins = scoreMargins(compiled, rows);
    for (let row = 0; row < 50; row += 1) {
      const parts = contributions(rows.slice(row * width, (row + 1) * width));
      expect(parts).toHaveLength(width + 1);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(margins[row]!, 5);
    }
  });
});

test('contributions are Shapley values: equal to the average over all orders of the features', () => {
  // Two features, by hand: f0 < 0 is 10, else f1 < 0 is 20, else 30, reached by 2, 1 and 1 training rows.
  const tree = {
    left: Int32Array.of(1, -1, 3, -1, -1), right: Int32Array.of(2, -1, 4, -1, -1), feature: Int32Array.of(0, 0, 1, 0, 0), threshold: Float32Array.of(0, 10, 0, 20, 30),
    defaultLeft: new Uint8Array(5), categories: new Map(), gain: Float32Array.of(1, 0, 1, 0, 0), cover: Float32Array.of(4, 2, 2, 1, 1), weight: new Float32Array(5),
  };
  const { contributions } = explainer({ objective: 'reg:squarederror', baseScore: 5, featureNames: ['a', 'b'], featureKinds: ['numeric', 'numeric'], trees: [tree], attributes: {} });
  // Without any: 17.5; with a alone: 25; with b alone: (10 + 30) / 2 = 20; with both: 30.
  expect([...contributions(Float32Array.of(1, 1))]).toEqual([((25 - 17.5) + (30 - 20)) / 2, ((20 - 17.5) + (30 - 25)) / 2, 22.5]);
});

test('a row of another width is refused with the names it should have', () => {
  expect(() => scoreRow(compileTrees(denseModel), new Float32Array(3))).toThrow('3 numbers make no rows of 4 features');
  expect(() => scoreRows(compileTrees(denseModel), new Float32Array(9))).toThrow('9 numbers make no rows of 4 features');
});
