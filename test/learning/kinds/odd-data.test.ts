// Segments and anomalies of odd data: constant columns, one customer, nothing but zeros, missing and huge values. A model without NaN in it, or an error that says what is wrong.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../lib/base/index.ts';
import { batchOf, byTime, kMeans, predictor, readModel, robustResidual, trainPredictor, writeModel, type Dataset, type Predictor } from '../../../lib/learning/index.ts';
import { dataOf } from './support.ts';

const segments = predictor('segments', {
  question: 'Who is alike?', owner: 'growth', entities: ['customer'], features: ['recency', 'money'], algorithm: kMeans({ clusters: 3, orderBy: 'money', starts: 2, seed: 1 }), output: 'value',
  split: byTime({ validate: '30d', test: '1d', gap: '1d' }), gate: { metric: 'silhouette', notWorseThanChampion: 0.05 }, writes: 'gold.segments',
});
const anomalies = predictor('anomalies', {
  question: 'Does it stand out?', owner: 'finance', entities: ['metric', 'slice'], features: [], label: 'figure', algorithm: robustResidual({ window: 28, threshold: 3, scale: 'sqrt' }), output: 'value',
  split: byTime({ validate: '28d', test: '30d', gap: '1d' }), gate: { metric: 'auc', notWorseThanChampion: 0.01 }, writes: 'gold.anomalies',
});

/** Every number in it is one: in the figures, in the kept model and in the answers. */
async function expectWhole(declared: Predictor, data: Dataset): Promise<'model' | 'refused'> {
  let trained;
  try {
    trained = await trainPredictor(declared, data);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(MillraceError);
    expect((thrown as MillraceError).todo).toBeTruthy();
    return 'refused';
  }
  expect(Object.values(trained.metrics).every(Number.isFinite)).toBe(true);
  const text = writeModel(trained.model);
  expect(text).not.toMatch(/null|NaN|Infinity/);
  const { rows } = batchOf(declared, readModel(text), data);
  for (const { values } of rows) for (const value of values) expect(typeof value !== 'number' || Number.isFinite(value), JSON.stringify(values)).toBe(true);
  return 'model';
}

type Rows = Parameters<typeof dataOf>[1];
const customers = (features: (index: number) => number[], count = 40): Rows => [0, 30, 60].flatMap((day) => Array.from({ length: count }, (_, index) => ({ entity: [`c${index}`], day, features: features(index) })));
const days = (figure: (day: number) => number | null, count = 120): Rows => Array.from({ length: count }, (_, day) => ({ entity: ['orders', 'shop'], day, label: figure(day) }));

describe('segments', () => {
  it.each([
    ['a constant column', customers((index) => [7, index % 10])],
    ['a column of which nothing is known', customers((index) => [Number.NaN, index % 10])],
    ['some values that are missing', customers((index) => [index % 3 === 0 ? Number.NaN : index, index % 7])],
    ['values up to what a number holds', customers((index) => [index % 2 === 0 ? 3e38 : -3e38, index % 5])],
    ['one customer who spent a million times as much', customers((index) => [index % 9, index === 0 ? 1e9 : 1e3 + index])],
  ])('are found in %s', async (_, rows) => expect(await expectWhole(segments, dataOf(segments, rows))).toBe('model'));

  it.each([
    ['one customer', customers(() => [1, 2], 1), /2 rows make no 3 clusters/],
    ['customers who are all alike', customers(() => [0, 0]), /80 rows, of which 1 differ/],
    ['customers of two kinds', customers((index) => [index % 2, 1]), /80 rows, of which 2 differ/],
    ['a value that is none', customers((index) => [index === 3 ? Number.POSITIVE_INFINITY : index, 1]), /recency is infinite/],
  ])('are refused of %s', async (_, rows, message) => {
    await expect(trainPredictor(segments, dataOf(segments, rows))).rejects.toThrow(message);
  });

  it('are whole, or refused, of anything', async () => {
    const cell = fc.oneof(fc.constantFrom(0, 1, -1, Number.NaN, 3e38, 1e-38), fc.float({ noDefaultInfinity: true }));
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 12 }), async (values) => {
      await expectWhole(segments, dataOf(segments, customers((index) => values[index]!, values.length)));
    }), { numRuns: 60 });
  });
});

describe('anomalies', () => {
  it.each([
    ['a series of nothing but zeros with one sale', days((day) => (day === 100 ? 1 : 0))],
    ['a constant series', days(() => 5)],
    ['values up to what a number holds', days((day) => (day % 2 === 0 ? 3e38 : 1e-3))],
    ['values below 0', days((day) => -100 - (day % 7))],
    ['days that are missing', days((day) => (day % 3 === 0 ? null : 50 + (day % 7)))],
  ])('are looked for in %s', async (_, rows) => expect(await expectWhole(anomalies, dataOf(anomalies, rows))).toBe('model'));

  it.each([
    ['too few days to say what is usual', days(() => 5, 120).filter(({ day }) => day < 20 || day > 85), /no series has the 28 days/],
    ['an infinite value', days((day) => (day === 10 ? Number.POSITIVE_INFINITY : 5)), /figure is infinite/],
  ])('are refused of %s', async (_, rows, message) => {
    await expect(trainPredictor(anomalies, dataOf(anomalies, rows))).rejects.toThrow(message);
  });

  it('are whole, or refused, of anything', async () => {
    const cell = fc.oneof(fc.constantFrom(0, null, 1, 3e38, -3e38), fc.float({ noNaN: true, noDefaultInfinity: true }));
    await fc.assert(fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 110 }), fc.integer({ min: 1, max: 3 }), async (values, times) => {
      await expectWhole(anomalies, dataOf(anomalies, days((day) => values[day % values.length]!, Math.min(110, values.length * times))));
    }), { numRuns: 60 });
  });
});
