// The gate lets through what is at least as good, calibrated, quick, and fair to every part; and says of each demand what was found.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byTime, gradientBoosting, judgeVersion, kMeans, measureSlices, predictor, scoringLatency, testedOn, type TrainedVersion } from '../../../lib/learning/index.ts';

const gate = { metric: 'auc', notWorseThanChampion: 0.01, calibrationError: 0.05, slices: { by: ['state'], leastRows: 2, notWorseThanChampion: 0.1 } } as const;

describe('the gate', () => {
  it.each([
    ['the first version that beats the naive answer', { metrics: { auc: 0.7, baseline_auc: 0.5 } }, []],
    ['one that is hardly worse than the champion', { metrics: { auc: 0.7 }, champion: { auc: 0.705 } }, []],
    ['one that is worse in a part by less than is allowed', { metrics: { auc: 0.7 }, slices: [{ column: 'state', value: 'SP', rows: 10, own: 0.65, champion: 0.7 }] }, []],
    ['one that the naive answer beats', { metrics: { auc: 0.49, baseline_auc: 0.5 } }, ['auc beside the naive answer is 0.49, and must be more than 0.5']],
    ['one that is worse than the champion', { metrics: { auc: 0.7 }, champion: { auc: 0.75 } }, ['auc beside the champion is 0.7, and must be at least 0.74']],
    ['one that promises too much', { metrics: { auc: 0.7, calibration_error: 0.2 } }, ['calibration error is 0.2, and must be at most 0.05']],
    ['one that is slow', { metrics: { auc: 0.7 }, latencyMs: 7 }, ['milliseconds to score a row is 7, and must be at most 5']],
    ['one that fails a part', { metrics: { auc: 0.7 }, slices: [{ column: 'state', value: 'AC', rows: 10, own: 0.5, champion: 0.7 }] }, ['auc where state is AC is 0.5, and must be at least 0.6']],
    ['one that could not be measured', { metrics: { auc: Number.NaN } }, ['auc could not be measured on the test rows: they have one label only']],
  ])('judges %s', (_, figures, reasons) => {
    const verdict = judgeVersion(gate, figures);
    expect(verdict.reasons).toEqual(reasons);
    expect(verdict.passes).toBe(reasons.length === 0);
  });

  it('knows which metrics are better when smaller', () => {
    expect(judgeVersion({ metric: 'rmse', notWorseThanChampion: 1 }, { metrics: { rmse: 10.5 }, champion: { rmse: 10 } }).passes).toBe(true);
    expect(judgeVersion({ metric: 'rmse', notWorseThanChampion: 1 }, { metrics: { rmse: 11.5 }, champion: { rmse: 10 } }).passes).toBe(false);
  });

  it('lists every demand with its figure and its bound', () => {
    expect(judgeVersion(gate, { metrics: { auc: 0.7, baseline_auc: 0.5, calibration_error: 0.01 }, champion: { auc: 0.7 }, latencyMs: 0.01 }).checks.map(({ check, must, bound }) => [check, must, bound])).toEqual([
      ['auc beside the naive answer', 'more than', 0.5], ['auc beside the champion', 'at least', 0.69], ['calibration error', 'at most', 0.05], ['milliseconds to score a row', 'at most', 5],
    ]);
  });
});

describe('parts of the test rows', () => {
  it('are measured one by one, the biggest first, and small ones not at all', () => {
    const data = { entities: [], times: new Float64Array(0), labels: new Float32Array(0), columns: [], parts: { state: ['SP', 'RJ', 'SP', 'AC', 'RJ', 'SP'] } };
    const figures = measureSlices(gate.slices, data, Uint32Array.from([0, 1, 2, 3, 4, 5]), (rows) => rows.length / 10, () => 0.5);
    expect(figures).toEqual([{ column: 'state', value: 'SP', rows: 3, own: 0.3, champion: 0.5 }, { column: 'state', value: 'RJ', rows: 2, own: 0.2, champion: 0.5 }]);
  });
});

describe('the time that scoring takes', () => {
  it('is the median, so that a pause does not count', () => {
    let [turn, time] = [0, 0];
    // Every tenth reading of the clock comes after a pause.
    const now = () => (time += (turn += 1) % 10 === 0 ? 1_000 : 0.5);
    expect(scoringLatency(() => undefined, new Float32Array(6), 3, now)).toBe(0.5);
  });

  it('is nothing without rows', () => expect(scoringLatency(() => undefined, new Float32Array(0), 3)).toBe(0));
});

describe('what a version was tested on', () => {
  const fitted = (model: unknown, rows: number, metrics: Record<string, number> = {}) => ({ model, metrics, testRows: Uint32Array.from({ length: rows }, (_, row) => row) }) as Pick<TrainedVersion, 'model' | 'metrics' | 'testRows'>;
  const trees = { kind: 'trees', model: {} };
  const segments = { kind: 'k_means', model: { centres: [[0], [1], [2]] } };
  const none = { labels: new Float32Array(0) };

  it.each([
    ['three segments of nine customers', fitted(segments, 9), 'value', none, ['number of test rows is 9, and must be at least 30']],
    ['a classifier of many rows and three buyers', fitted(trees, 1_000), 'probability', { labels: Float32Array.from({ length: 1_000 }, (_, row) => (row < 3 ? 1 : 0)) }, ['number of test rows with the label is 3, and must be at least 20']],
    ['a classifier of many rows in which nearly all leave', fitted(trees, 1_000), 'probability', { labels: Float32Array.from({ length: 1_000 }, (_, row) => (row < 3 ? 0 : 1)) }, ['number of test rows without the label is 3, and must be at least 20']],
    ['a value of few rows', fitted(trees, 49), 'value', none, ['number of test rows is 49, and must be at least 50']],
    ['demand of items that sold in a dozen weeks', fitted({ kind: 'exponential_smoothing', model: {} }, 12), 'value', { labels: new Float32Array(12).fill(1) }, ['number of test periods in which an item sold is 12, and must be at least 50']],
    ['recommendations of nobody who came back', fitted({ kind: 'recommender', model: {} }, 5_000, { visits: 2 }), 'value', none, ['number of visits to test on is 2, and must be at least 100']],
    ['anomalies of a handful of days', fitted({ kind: 'robust_residual', model: {} }, 30, { planted: 2 }), 'value', none, ['number of anomalies planted to test on is 2, and must be at least 10']],
  ] as const)('is too little: %s', (_, version, output, labels, reasons) => {
    const verdict = judgeVersion({ metric: 'auc', notWorseThanChampion: 0 }, { metrics: { auc: 0.9, baseline_auc: 0.5 }, tested: testedOn({ metric: 'auc', notWorseThanChampion: 0 }, output, version, labels) });
    expect([verdict.passes, verdict.reasons]).toEqual([false, reasons]);
  });

  it('is enough at what the gate declares, and one fewer is not', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 800 }), (positives, negatives, leastPositives, leastRows) => {
      const labels = Float32Array.from({ length: positives + negatives }, (_, row) => (row < positives ? 1 : 0));
      const gateOf = { metric: 'auc', notWorseThanChampion: 0, leastRows, leastPositives } as const;
      const verdict = judgeVersion(gateOf, { metrics: { auc: 0.9 }, tested: testedOn(gateOf, 'probability', fitted(trees, labels.length), { labels }) });
      expect(verdict.passes).toBe(labels.length >= leastRows && positives >= leastPositives && negatives >= leastPositives);
    }), { numRuns: 100 });
  });

  it('is asked for in whole numbers, and positives of a probability alone', () => {
    const declared = { question: 'Who?', owner: 'growth', entities: ['customer'], features: ['money'], split: byTime({ validate: '1d', test: '1d', gap: '1d' }) };
    const trying = (least: Record<string, number>) => () => predictor('it', { ...declared, label: 'left', algorithm: gradientBoosting(), gate: { metric: 'auc', notWorseThanChampion: 0, ...least } });
    expect(trying({ leastRows: 10, leastPositives: 3 })().gate).toMatchObject({ leastRows: 10, leastPositives: 3 });
    expect(trying({ leastRows: 0 })).toThrow(/asks for 0 leastRows/);
    expect(trying({ leastPositives: 1.5 })).toThrow(/asks for 1.5 leastPositives/);
    expect(() => predictor('it', { ...declared, output: 'value', algorithm: kMeans({ clusters: 2 }), gate: { metric: 'silhouette', notWorseThanChampion: 0, leastPositives: 3 } })).toThrow(/answers no probability/);
  });
});
