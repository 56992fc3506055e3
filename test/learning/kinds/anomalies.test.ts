// Anomalies: planted ones are found, ordinary weekdays and growth are none, and one anomaly hides no other.
import { describe, expect, it } from 'vitest';
import { areaUnderCurve, batchOf, byTime, judgeSeries, predictor, robustResidual, seededRandom, trainPredictor, trainUsual } from '../../../lib/learning/index.ts';
import { DAY, dataOf, FIRST, poisson } from './support.ts';

const anomalies = predictor('anomalies', {
  question: 'Does it stand out?', owner: 'finance', entities: ['metric', 'slice'], features: [], label: 'figure', algorithm: robustResidual({ window: 28, threshold: 4, scale: 'sqrt' }), output: 'value',
  split: byTime({ validate: '28d', test: '60d', gap: '1d' }), gate: { metric: 'auc', notWorseThanChampion: 0.01 }, writes: 'gold.anomalies',
});
const DAYS = 300;
const WEEKDAYS = [1.2, 1.1, 1, 1, 1, 0.7, 0.8];
const meanOf = (day: number): number => 40 * WEEKDAYS[day % 7]! * (1 + day / 150);

/** Orders a day: a growing shop with quiet weekends, and days on which something went wrong. */
function shop(seed: number, wrong: ReadonlyMap<number, number> = new Map()): Parameters<typeof dataOf>[1] {
  const { uniform } = seededRandom(seed);
  return Array.from({ length: DAYS }, (_, day) => ({ entity: ['orders', 'shop'], day, label: poisson(meanOf(day), uniform) * (wrong.get(day) ?? 1) }));
}

describe('anomalies', () => {
  it('are the planted ones, told with what was expected and what it was', async () => {
    const wrong = new Map([[100, 3], [101, 3], [180, 0.2], [290, 2.2]]);
    const data = dataOf(anomalies, shop(1, wrong));
    const { model, metrics } = await trainPredictor(anomalies, data);
    const { rows, columns } = batchOf(anomalies, model, data);
    expect(columns.map(({ name }) => name)).toEqual(['anomaly_date', 'expected', 'actual', 'score', 'direction']);
    const told = new Map(rows.map(({ values }) => [(Date.parse(values[0] as string) - FIRST) / DAY, values]));
    for (const [day, factor] of wrong) {
      expect(told.get(day)?.[4]).toBe(factor > 1 ? 'above' : 'below');
      expect(Math.abs((told.get(day)![1] as number) / meanOf(day) - 1)).toBeLessThan(0.3);
    }
    expect(told.size).toBeLessThanOrEqual(wrong.size + 3);
    expect(metrics['auc']).toBeGreaterThan(0.97);
    expect(metrics['auc']).toBeGreaterThan(metrics['baseline_auc']!);
    expect(metrics['recall']).toBeGreaterThan(0.8);
    expect(metrics['false_alarms']).toBeLessThan(0.03);
  });

  it('come near what is possible: who knew the true mean of every day would hardly find more', async () => {
    const random = seededRandom(7);
    const values = Float64Array.from({ length: DAYS }, (_, day) => poisson(meanOf(day), random.uniform));
    const planted = Array.from(values, (value, day) => (random.uniform() < 0.2 ? Math.round(value * (day % 2 === 0 ? 1.6 : 0.6)) : value));
    const series = { first: Math.floor(FIRST / DAY), values };
    const usual = trainUsual(series, { window: 28, scale: 'sqrt' })!;
    const labels: number[] = [];
    const [own, best]: [number[], number[]] = [[], []];
    planted.forEach((value, day) => {
      const { score } = judgeSeries({ ...series, values: values.with(day, value) }, usual, { window: 28, scale: 'sqrt' })[day]!;
      if (Number.isNaN(score)) return;
      labels.push(value === values[day] ? 0 : 1);
      own.push(Math.abs(score));
      best.push(Math.abs(Math.sqrt(value) - Math.sqrt(meanOf(day))));
    });
    expect(areaUnderCurve(Float64Array.from(own), labels)).toBeGreaterThan(areaUnderCurve(Float64Array.from(best), labels) - 0.05);
  });

  it('are not told of a series too short to know what is usual, nor of days without a value', async () => {
    const rows = [...shop(2), ...Array.from({ length: 20 }, (_, index) => ({ entity: ['new', 'shop'], day: 200 + index, label: index === 19 ? 1_000 : 1 }))].filter(({ day }) => day % 11 !== 0);
    const data = dataOf(anomalies, rows);
    const { model } = await trainPredictor(anomalies, data);
    expect(batchOf(anomalies, model, data).rows.filter(({ entity }) => entity[0] === 'new')).toEqual([]);
  });
});
