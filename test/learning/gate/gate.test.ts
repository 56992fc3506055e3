// The gate lets through what is at least as good, calibrated, quick, and fair to every part; and says of each demand what was found.
import { describe, expect, it } from 'vitest';
import { judgeVersion, measureSlices, scoringLatency } from '../../../lib/learning/index.ts';

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
