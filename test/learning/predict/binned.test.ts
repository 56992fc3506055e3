// Many rows go another way than one: it must not show in a single bit.
import { describe, expect, test } from 'vitest';
import { compileTrees, scoreMargin, scoreMargins, seededRandom, trainBoostedTrees, trainForest, type Tree, type TreeModel } from '../../../lib/learning/index.ts';
import { shopRows } from '../support/shop-rows.ts';

const training = shopRows(1500, 11);
const dense = { ...training, features: training.features.filter(({ name }) => ['price', 'age', 'visits', 'noise'].includes(name)) };
const stump: Tree = {
  left: Int32Array.of(-1), right: Int32Array.of(-1), feature: Int32Array.of(0), threshold: Float32Array.of(0.25), defaultLeft: new Uint8Array(1), categories: new Map(), gain: new Float32Array(1),
  cover: new Float32Array(1), weight: new Float32Array(1),
};
const boosted = (await trainBoostedTrees(dense, { trees: 22, depth: 5 })).model;
const models: [string, TreeModel, boolean][] = [
  ['boosted trees', boosted, true],
  ['a forest', await trainForest(dense, { task: 'classification', trees: 15, depth: 8 }), true],
  ['trees deeper than are filled up', await trainForest(dense, { task: 'classification', trees: 5, depth: 20 }), false],
  ['trees that split by categories', (await trainBoostedTrees(training, { trees: 5, depth: 4 })).model, false],
  ['trees that are leaves alone', { ...boosted, trees: [stump, ...boosted.trees, stump] }, true],
];

/** Numbers around the thresholds, on them, beyond all, and none. */
function rowsFor(model: TreeModel, count: number): Float32Array {
  const random = seededRandom(3);
  const width = model.featureNames.length;
  const known = model.featureNames.map((_, feature) => model.trees.flatMap((tree) => [...tree.threshold].filter((_unused, node) => tree.left[node]! >= 0 && tree.feature[node] === feature)));
  return Float32Array.from({ length: count * width }, (_, at) => {
    const thresholds = known[at % width]!;
    const near = thresholds[Math.floor(random.uniform() * thresholds.length)] ?? 0;
    const kind = random.uniform();
    return kind < 0.1 ? Number.NaN : kind < 0.12 ? Infinity : kind < 0.14 ? -Infinity : kind < 0.16 ? -0 : kind < 0.5 ? near : Math.fround(near + (random.uniform() - 0.5) * 2 ** (random.uniform() * 40 - 30));
  });
}

describe.each(models)('%s', (_, model, isBinned) => {
  const compiled = compileTrees(model);
  const width = model.featureNames.length;

  test('give many rows the bits that they give one', () => {
    expect(compiled.binned !== undefined).toBe(isBinned);
    // A number that fills no block, and in the last one no eight.
    const rows = rowsFor(model, 6_013);
    const margins = scoreMargins(compiled, rows);
    for (let row = 0; row < margins.length; row += 1) expect(Object.is(margins[row], scoreMargin(compiled, rows.slice(row * width, (row + 1) * width)))).toBe(true);
  });
});
