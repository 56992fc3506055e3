import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { areaUnderCurve, compileTrees, rowMajor, scoreMargins, scoreRows, seededRandom, trainBoostedTrees, writeXgboostJson, type TrainingSet, type TreeModel } from '../../../lib/learning/index.ts';
import { firstRows, shopRows } from '../support/shop-rows.ts';

const training = shopRows(6000, 1);
const later = shopRows(3000, 2);

function columns(named: Record<string, ArrayLike<number>>, labels: ArrayLike<number>): TrainingSet {
  return { features: Object.entries(named).map(([name, values]) => ({ name, values: Float32Array.from(values) })), labels: Float32Array.from(labels) };
}

function digest(model: TreeModel): string {
  return createHash('sha256').update(writeXgboostJson(model)).digest('hex');
}

describe('boosted trees', () => {
  test('come near the best ranking that the causes of the data allow', async () => {
    const { model } = await trainBoostedTrees(training, { trees: 80, depth: 4, learningRate: 0.1 });
    const area = areaUnderCurve(scoreRows(compileTrees(model), rowMajor(later.features)), later.labels);
    expect(area).toBeGreaterThan(areaUnderCurve(later.chances, later.labels) - 0.03);
  });

  test('are the same for one seed, whatever the number of threads', async () => {
    const settings = { trees: 12, depth: 5, subsample: 0.7, featuresPerTree: 0.6, seed: 5, earlyStopping: 3 };
    const weights = Float32Array.from(training.labels, (_, row) => 0.1 + (row % 7) / 3);
    const models = [];
    for (const threads of [1, 2, 3]) models.push(await trainBoostedTrees({ ...training, weights }, settings, { threads, validation: later }));
    for (const { model, scores } of models.slice(1)) {
      expect(digest(model)).toBe(digest(models[0]!.model));
      expect(scores).toEqual(models[0]!.scores);
    }
    const { model: other } = await trainBoostedTrees(training, { ...settings, seed: 6 }, { threads: 1, validation: later });
    expect(digest(other)).not.toBe(digest(models[0]!.model));
  });

  test('predict of validation rows exactly what their training saw: missing values and unseen categories go the same way', async () => {
    const seen = firstRows(training, 2000);
    const known = { ...seen, features: seen.features.map((feature) => (feature.name === 'category' ? { ...feature, values: feature.values.map((code) => (code > 30 ? NaN : code)) } : feature)) };
    // Gaps in columns that had none in training, and categories that training never saw.
    const features = later.features.map((feature) => ({ ...feature, values: feature.values.map((value, row) => (row % 11 === 3 ? NaN : value)) }));
    const { model, scores } = await trainBoostedTrees(known, { trees: 15, depth: 5 }, { validation: { features, labels: later.labels } });
    const margins = scoreMargins(compileTrees(model), rowMajor(features));
    let loss = 0;
    margins.forEach((margin, row) => {
      loss += Math.log(1 + Math.exp(-margin * (2 * later.labels[row]! - 1)));
    });
    expect(scores.at(-1)).toBeCloseTo(loss / margins.length, 10);
  });

  test('stop early and keep the trees up to the best score', async () => {
    const { model, scores, trees } = await trainBoostedTrees(firstRows(training, 500), { trees: 200, depth: 6, earlyStopping: 5 }, { validation: later });
    const best = scores.indexOf(Math.min(...scores));
    expect(trees).toBe(best + 1);
    expect(model.trees).toHaveLength(best + 1);
    expect(scores).toHaveLength(best + 6);
  });

  test('never answer against a monotone constraint', async () => {
    const { model } = await trainBoostedTrees(training, { trees: 40, depth: 5, monotone: { price: -1, visits: 1 } });
    const compiled = compileTrees(model);
    const base = rowMajor(firstRows(later, 200).features);
    for (const [feature, direction] of [[0, -1], [2, 1]] as const) {
      let before: Float32Array | undefined;
      for (let value = -3; value <= 12; value += 0.5) {
        const rows = base.slice();
        for (let row = 0; row < 200; row += 1) rows[row * 7 + feature] = value;
        const margins = scoreMargins(compiled, rows);
        if (before !== undefined) margins.forEach((margin, row) => expect(direction * (margin - before![row]!)).toBeGreaterThanOrEqual(0));
        before = margins;
      }
    }
  });

  test('never answer against a monotone constraint, whatever the rows', async () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const random = seededRandom(seed);
      const column = (missing: number): number[] => Array.from({ length: 150 }, () => (random.uniform() < missing ? NaN : Math.round(random.normal() * (seed % 2 === 0 ? 3 : 1000)) / 3));
      const [up, down, free] = [column(0.1), column(0), column(0.3)];
      const labels = up.map((value) => Number(random.uniform() < 1 / (1 + Math.exp(value)))); // against the constraint
      const weights = Float32Array.from(up, () => random.integer(4));
      const { model } = await trainBoostedTrees({ ...columns({ up, down, free }, labels), weights }, { trees: 15, depth: 5, minChildWeight: 0, alpha: seed % 3, monotone: { up: 1, down: -1 } });
      const compiled = compileTrees(model);
      const margin = (row: number, feature: number, value: number): number => scoreMargins(compiled, Float32Array.of(feature === 0 ? value : up[row]!, feature === 1 ? value : down[row]!, free[row]!))[0]!;
      for (let row = 0; row < 30; row += 1) {
        for (const [feature, values, sign] of [[0, up, 1], [1, down, -1]] as const) {
          const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b);
          const margins = sorted.map((value) => sign * margin(row, feature, value));
          expect(margins.every((value, at) => at === 0 || value >= margins[at - 1]!)).toBe(true);
        }
      }
    }
  });

  test('start from the positives as they are weighed: a weight of theirs is that weight on each of them', async () => {
    const rare = { ...training, labels: training.labels.map((label, row) => (row % 20 === 0 ? label : 0)) };
    const settings = { trees: 5, depth: 4 };
    const { model } = await trainBoostedTrees(rare, { ...settings, positiveWeight: 30 });
    const weighed = await trainBoostedTrees({ ...rare, weights: rare.labels.map((label) => (label === 1 ? 30 : 1)) }, settings);
    expect(digest(model)).toBe(digest(weighed.model));
    expect(model.baseScore).toBeGreaterThan(0.2);
  });

  test('see small labels as well as great ones', async () => {
    const labels = training.features[0]!.values.map((price, row) => price + (training.features[2]!.values[row]! % 3));
    const settings = { objective: 'reg:squarederror', trees: 10, depth: 4 } as const;
    const rows = rowMajor(later.features);
    const answers = async (scale: number): Promise<Float32Array> => scoreRows(compileTrees((await trainBoostedTrees({ ...training, labels: labels.map((label) => label * scale) }, settings)).model), rows);
    const plain = await answers(1);
    (await answers(2 ** -20)).forEach((answer, row) => expect(Math.abs(answer * 2 ** 20 - plain[row]!)).toBeLessThan(1e-3));
    expect(new Set(plain).size).toBeGreaterThan(20);
  });

  test('refuse labels that are all the same but for rows of weight 0, and validation rows that nothing ranks', async () => {
    const set = columns({ x: [1, 2, 3, 4] }, [0, 1, 0, 1]);
    await expect(trainBoostedTrees({ ...set, weights: Float32Array.of(1, 0, 1, 0) }, {})).rejects.toThrow('all 2 labels are 0');
    const validation = columns({ x: [1, 2] }, [1, 1]);
    await expect(trainBoostedTrees(set, { earlyStopping: 2, metric: 'auc' }, { validation })).rejects.toThrow('but one label');
  });

  test('refuse what would take more memory than there is, before they take it', async () => {
    const values = Float32Array.of(1, 2, 3, 4);
    const wide: TrainingSet = { features: Array.from({ length: 70_000 }, (_, index) => ({ name: `f${index}`, values })), labels: Float32Array.of(0, 1, 0, 1) };
    await expect(trainBoostedTrees(wide, { depth: 8 })).rejects.toThrow('trees of depth 8 over 70000 features would take');
  });

  test('learn from missing values themselves', async () => {
    const x = Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? NaN : row % 10));
    const { model } = await trainBoostedTrees(columns({ x }, x.map((value) => Number(Number.isNaN(value)))), { trees: 20, depth: 2 });
    const answers = scoreRows(compileTrees(model), Float32Array.from([NaN, 0, 5, 9, 1e9]));
    expect(answers[0]).toBeGreaterThan(0.95);
    for (const answer of answers.slice(1)) expect(answer).toBeLessThan(0.05);
  });

  test('separate groups of categories that no order could', async () => {
    const codes = Float32Array.from({ length: 2000 }, (_, row) => row % 50);
    const labels = codes.map((code) => Number([3, 8, 21, 22, 40, 49].includes(code)));
    const set: TrainingSet = { features: [{ name: 'category', kind: 'categorical', values: codes }], labels };
    const { model } = await trainBoostedTrees(set, { trees: 10, depth: 1, learningRate: 1, lambda: 0 });
    const answers = scoreRows(compileTrees(model), Float32Array.from({ length: 50 }, (_, code) => code));
    answers.forEach((answer, code) => expect(answer > 0.5).toBe([3, 8, 21, 22, 40, 49].includes(code)));
    expect(model.trees[0]!.left.length).toBe(3);
  });

  test('are not led astray by categories of a few rows each', async () => {
    // Two hundred codes, most of them rare; only the ten most frequent say anything.
    const drawn = (count: number, seed: number): TrainingSet => {
      const random = seededRandom(seed);
      const code = Float32Array.from({ length: count }, () => Math.min(253, Math.floor(-60 * Math.log(1 - random.uniform()))));
      const x = Float32Array.from({ length: count }, () => random.normal());
      const labels = Float32Array.from({ length: count }, (_, row) => Number(random.uniform() < 1 / (1 + Math.exp(1 - x[row]! - 2 * Number(code[row]! < 10)))));
      return { features: [{ name: 'code', kind: 'categorical', values: code }, { name: 'x', values: x }], labels };
    };
    const told = ({ features: [code, x], labels }: TrainingSet): TrainingSet => ({ features: [{ name: 'code', values: code!.values.map((value) => Number(value < 10)) }, x!], labels });
    const area = async (known: TrainingSet, asked: TrainingSet): Promise<number> => {
      const { model } = await trainBoostedTrees(known, { trees: 50, depth: 6, learningRate: 0.1 });
      return areaUnderCurve(scoreRows(compileTrees(model), rowMajor(asked.features)), asked.labels);
    };
    for (const seed of [10, 11]) {
      const [known, asked] = [drawn(6000, seed), drawn(6000, seed + 90)];
      expect(await area(known, asked)).toBeGreaterThan(await area(told(known), told(asked)) - 0.03);
    }
  });

  test('of an absolute error start in the middle, and are not pulled by rows that are answered exactly', async () => {
    expect((await trainBoostedTrees(columns({ x: [1, 1, 1, 1] }, [1, 2, 3, 10]), { objective: 'reg:absoluteerror', trees: 1 })).model.baseScore).toBe(2.5);
    // Four rows in ten are what the model starts from; of the others z tells on which side they are.
    const rows = Array.from({ length: 1000 }, (_, row) => ({ hasLeft: Number(row % 10 >= 4), z: row % 2 }));
    const set = columns({ hasLeft: rows.map(({ hasLeft }) => hasLeft), z: rows.map(({ z }) => z) }, rows.map(({ hasLeft, z }) => 5 + hasLeft * (2 * z - 1)));
    const { model } = await trainBoostedTrees(set, { objective: 'reg:absoluteerror', trees: 1, depth: 1, learningRate: 1 });
    expect([...scoreRows(compileTrees(model), Float32Array.of(1, 0, 1, 1))]).toEqual([4, 6]);
  });

  test('give intervals that hold the stated share of what comes', async () => {
    const target = (set: TrainingSet): TrainingSet => ({ features: set.features, labels: Float32Array.from(set.features[0]!.values, (price, row) => 2 * price + Math.abs(price) * set.features[6]!.values[row]!) });
    const known = (set: TrainingSet): TrainingSet => ({ ...target(set), features: set.features.slice(0, 6) });
    const bounds: Float32Array[] = [];
    for (const quantile of [0.1, 0.9]) {
      const { model } = await trainBoostedTrees(known(training), { objective: 'reg:quantileerror', quantile, trees: 40, depth: 3, learningRate: 0.2 });
      bounds.push(scoreRows(compileTrees(model), rowMajor(later.features.slice(0, 6))));
    }
    const { labels } = known(later);
    const inside = labels.filter((label, row) => label >= bounds[0]![row]! && label <= bounds[1]![row]!).length / labels.length;
    expect(inside).toBeGreaterThan(0.75);
    expect(inside).toBeLessThan(0.85);
  });

  test('count a row of weight two as two rows, and weight zero as none', async () => {
    const set = firstRows(training, 600);
    const twice: TrainingSet = {
      features: set.features.map((feature) => ({ ...feature, values: Float32Array.from([...feature.values.slice(0, 500), ...feature.values.slice(0, 100)]) })),
      labels: Float32Array.from([...set.labels.slice(0, 500), ...set.labels.slice(0, 100)]),
    };
    const weights = Float32Array.from({ length: 600 }, (_, row) => (row < 100 ? 2 : row < 500 ? 1 : 0));
    const settings = { trees: 5, depth: 3, maxBins: 255 };
    const few = { ...set, features: set.features.filter(({ kind, name }) => kind === 'categorical' || name === 'visits') };
    const [a, b] = [await trainBoostedTrees({ ...few, weights }, settings), await trainBoostedTrees({ ...twice, features: twice.features.filter(({ name }) => few.features.some((other) => other.name === name)) }, settings)];
    const rows = rowMajor(few.features);
    const [first, second] = [scoreRows(compileTrees(a.model), rows), scoreRows(compileTrees(b.model), rows)];
    first.forEach((answer, row) => expect(answer).toBeCloseTo(second[row]!, 5));
  });

  test.each([
    ['no rows', () => columns({ x: [] }, []), {}, 'there are no rows'],
    ['labels of one kind', () => columns({ x: [1, 2] }, [1, 1]), {}, 'all 2 labels are 1'],
    ['a label that is neither', () => columns({ x: [1, 2] }, [0, 2]), {}, 'the label of row 1 is 2'],
    ['an unknown label', () => columns({ x: [1, 2] }, [0, NaN]), {}, 'the label of row 1 is NaN'],
    ['an infinite value', () => columns({ x: [1, Infinity] }, [0, 1]), {}, 'feature x is infinite in row 1'],
    ['a short column', () => columns({ x: [1] }, [0, 1]), {}, 'feature x has 1 values for 2 rows'],
    ['two features of one name', () => ({ ...columns({ x: [1, 2] }, [0, 1]), features: [1, 2].map(() => ({ name: 'x', values: Float32Array.of(1, 2) })) }), {}, 'two features have the same name'],
    ['a category beyond the bins', () => ({ features: [{ name: 'x', kind: 'categorical' as const, values: Float32Array.of(1, 300) }], labels: Float32Array.of(0, 1) }), {}, 'feature x has the code 300 in row 1'],
    ['weights of nothing', () => ({ ...columns({ x: [1, 2] }, [0, 1]), weights: Float32Array.of(0, 0) }), {}, 'all weights are 0'],
    ['a depth of no tree', () => columns({ x: [1, 2] }, [0, 1]), { depth: 0 }, 'depth is 0'],
    ['a constraint on what is not there', () => columns({ x: [1, 2] }, [0, 1]), { monotone: { y: 1 as const } }, 'there is no feature y'],
    ['early stopping without rows to watch', () => columns({ x: [1, 2] }, [0, 1]), { earlyStopping: 3 }, 'early stopping has nothing to watch'],
  ])('refuse %s', async (_, set, settings, message) => {
    await expect(trainBoostedTrees(set(), settings)).rejects.toThrow(message);
  });

  test('stop when asked to', async () => {
    const controller = new AbortController();
    const running = trainBoostedTrees(training, { trees: 5000 }, { threads: 1, signal: controller.signal, onRound: ({ round }) => round === 2 && controller.abort() });
    await expect(running).rejects.toThrow('aborted');
  });
});
