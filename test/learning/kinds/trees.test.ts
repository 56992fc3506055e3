// What a declaration may ask of trees: weights, a share of the negatives, a naive answer that is one feature, and figures for values and quantiles.
import { describe, expect, it } from 'vitest';
import { byTime, gradientBoosting, predictor, randomForest, scorerOf, seededRandom, trainPredictor, type Predictor } from '../../../lib/learning/index.ts';
import { dataOf } from './support.ts';

const declared = {
  question: 'Will they buy?', owner: 'growth', entities: ['visitor'], features: ['interest', 'noise'], label: 'bought', algorithm: gradientBoosting({ trees: 60, depth: 3, learningRate: 0.1, minChildWeight: 5 }),
  split: byTime({ validate: '10d', test: '20d', gap: '1d' }), gate: { metric: 'auc', notWorseThanChampion: 0.01 },
} as const;
const rare = predictor('rare', declared);
const spend = predictor('spend', { ...declared, label: 'spent', output: 'value', algorithm: gradientBoosting({ objective: 'reg:squarederror', trees: 80, depth: 3, learningRate: 0.1 }), gate: { metric: 'rmse', notWorseThanChampion: 1 } });

/** A hundred days with a hundred visitors each: one in ten buys, more with interest; who buys spends with interest. */
function shop(seed: number, of: Predictor): ReturnType<typeof dataOf> {
  const { uniform } = seededRandom(seed);
  return dataOf(of, Array.from({ length: 10_000 }, (_, index) => {
    const interest = uniform();
    const label = of.output === 'probability' ? Number(uniform() < 0.2 * interest) : 10 * interest + 2 * uniform();
    return { entity: [`v${index % 100}`], day: Math.floor(index / 100), features: [interest, uniform()], label };
  }));
}

const meanAnswer = async (of: Predictor): Promise<number> => {
  const data = shop(1, of);
  const { model, testRows } = await trainPredictor(of, data);
  const answers = scorerOf(model)!(Float32Array.from([...testRows].flatMap((row) => data.columns.map((column) => column[row]!))));
  return answers.reduce((sum, answer) => sum + answer, 0) / answers.length;
};

describe('trees', () => {
  it('answer as often as it happens, whether they learn from all negatives or from a seeded share', async () => {
    const thinned = predictor('rare', { ...declared, negatives: { share: 0.25, seed: 3 } });
    expect(await meanAnswer(rare)).toBeCloseTo(0.1, 1);
    expect(Math.abs(await meanAnswer(thinned) - await meanAnswer(rare))).toBeLessThan(0.02);
    expect((await trainPredictor(thinned, shop(1, thinned))).metrics['auc']).toBeGreaterThan(0.66);
  });

  it('answer as if both were equally frequent where that is asked for', async () => {
    expect(await meanAnswer(predictor('rare', { ...declared, classWeights: 'balanced' }))).toBeGreaterThan(0.4);
  });

  it('are measured beside the base rate, or beside one feature alone, whichever way it points', async () => {
    const data = shop(2, rare);
    const [{ metrics, baseline }, beside] = [await trainPredictor(rare, data), await trainPredictor(predictor('rare', { ...declared, baseline: 'interest' }), data)];
    expect([baseline, metrics['baseline_auc']]).toEqual(['the base rate of the training rows', 0.5]);
    expect(beside.baseline).toBe('interest alone');
    expect(beside.metrics['baseline_auc']).toBeGreaterThan(0.65);
    expect(beside.metrics['baseline_log_loss']).toBe(metrics['baseline_log_loss']);
  });

  it('are measured in the unit of a value, and by the share that falls below a quantile', async () => {
    const { metrics } = await trainPredictor(spend, shop(3, spend));
    expect(metrics['rmse']).toBeLessThan(1);
    expect(metrics['mae']).toBeLessThan(metrics['rmse']!);
    expect(metrics['r2']).toBeGreaterThan(0.9);
    expect(metrics['baseline_rmse']).toBeGreaterThan(2.5);
    expect(Math.abs(metrics['baseline_r2']!)).toBeLessThan(0.05);
    const ninety = predictor('spend', { ...declared, label: 'spent', output: 'value', algorithm: gradientBoosting({ objective: 'reg:quantileerror', quantile: 0.9, trees: 80, depth: 3, learningRate: 0.1 }), gate: { metric: 'pinball', notWorseThanChampion: 1 } });
    const quantile = await trainPredictor(ninety, shop(3, ninety));
    expect(quantile.baseline).toBe('the 0.9 quantile of the training rows');
    expect(quantile.metrics['below']).toBeCloseTo(0.9, 1);
    expect(quantile.metrics['pinball']).toBeLessThan(quantile.metrics['baseline_pinball']! / 3);
  });

  it('that validate with nothing learn from all days before the test window but for the gap', async () => {
    const forest = predictor('rare', { ...declared, algorithm: randomForest({ trees: 5, depth: 3 }), split: byTime({ validate: '20d', test: '20d', gap: '10d' }) });
    expect((await trainPredictor(forest, shop(4, forest))).rows).toEqual({ train: 7_000, validate: 0, test: 2_000 });
  });
});

describe('a declaration', () => {
  it.each([
    [{ baseline: 'age' }, /baseline age is not among its features/], [{ negatives: { share: 0 } }, /share of 0/], [{ label: undefined }, /no label/],
    [{ algorithm: { kind: 'recommender' as const, settings: {} } }, /features, which recommender does not take/],
  ])('is refused: %j', (change, message) => expect(() => predictor('rare', { ...declared, ...change } as Parameters<typeof predictor>[1])).toThrow(message));
});
