import { describe, expect, test } from 'vitest';
import { balancedWeights, sampleRows, splitByTime, takeRows, thinNegatives } from '../../../lib/learning/index.ts';

const DAY = 86_400_000;
const times = Array.from({ length: 100 }, (_, row) => ((row * 37) % 100) * DAY);

describe('a split by time', () => {
  test('asks about later times than it learns from, and uses every row once', () => {
    const { train, validate, test: later } = splitByTime(times, { validate: '14d', test: '2w' });
    const latest = (rows: Uint32Array): number => Math.max(...[...rows].map((row) => times[row]!));
    const earliest = (rows: Uint32Array): number => Math.min(...[...rows].map((row) => times[row]!));
    expect(latest(train)).toBeLessThan(earliest(validate));
    expect(latest(validate)).toBeLessThan(earliest(later));
    expect([...train, ...validate, ...later].toSorted((a, b) => a - b)).toEqual(times.map((_, row) => row));
    expect([train.length, validate.length, later.length]).toEqual([72, 14, 14]);
  });

  test('leaves out rows whose label reaches into the next part', () => {
    const { train, validate, validateFrom, testFrom } = splitByTime(times, { validate: '14d', test: '14d', gap: '7d' });
    for (const row of train) expect(times[row]! + 7 * DAY).toBeLessThan(validateFrom + 1);
    for (const row of validate) expect(times[row]! + 7 * DAY).toBeLessThan(testFrom + 1);
  });

  test('refuses windows that leave a part empty, and lengths that are none', () => {
    expect(() => splitByTime(times, { validate: '99d', test: '14d' })).toThrow('no row is left to train');
    expect(() => splitByTime(times, { validate: '14', test: '14d' })).toThrow('"14" is no length of time');
    expect(() => splitByTime([NaN], { validate: '1d', test: '1d' })).toThrow('the time of row 0 is NaN');
  });
});

describe('samples', () => {
  const labels = Float32Array.from({ length: 1000 }, (_, row) => Number(row % 10 === 0));
  const set = { features: [{ name: 'x', values: Float32Array.from(labels.keys()) }], labels };

  test('are the same for one seed, others for another, and of about the size asked for', () => {
    expect(sampleRows(1000, 0.3, 1)).toEqual(sampleRows(1000, 0.3, 1));
    expect(sampleRows(1000, 0.3, 1)).not.toEqual(sampleRows(1000, 0.3, 2));
    expect(Math.abs(sampleRows(1000, 0.3, 1).length - 300)).toBeLessThan(50);
  });

  test('of the negatives keep all positives, and the weight of what is left out', () => {
    const { labels: kept, weights } = thinNegatives(set, 0.25, 3);
    expect(kept.filter((label) => label === 1)).toHaveLength(100);
    expect(kept.length).toBeLessThan(400);
    expect(Math.abs(weights!.reduce((sum, weight) => sum + weight, 0) - 1000)).toBeLessThan(150);
  });

  test('balanced weights give both labels half of the whole', () => {
    const weights = balancedWeights(labels);
    const ones = weights.reduce((sum, weight, row) => sum + (labels[row] === 1 ? weight : 0), 0);
    expect(ones).toBeCloseTo(500, 3);
  });

  test('rows by number come in the order asked for', () => {
    expect([...takeRows(set, Uint32Array.of(7, 3)).features[0]!.values]).toEqual([7, 3]);
  });
});
